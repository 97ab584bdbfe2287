"""How long does COD take as the questions grow? Clusters, laws, map and 200 resamples of 22 models.

    OMP_NUM_THREADS=2 python benchmarks/speed/cod_speed.py [QUESTIONS ...] [--clustering NAME]

One benchmark of the simulator's mid world with 100 answers to each question. Prints the wall time,
its growth against the row before (power 1 = linear in questions) and the peak memory.
"""

import argparse
import resource
import time

import numpy as np

from scalepredict.predictors.cod.benchmark_fit import fit_benchmark
from scalepredict.predictors.cod.clustering import Clustering
from scalepredict.predictors.cod.difficulty import Difficulty
from scalepredict.predictors.cod.trials import Trial

N_MODELS = 22
TRIALS = 100
SIZES = (2125, 4250, 8500, 17000, 34000)


def main(sizes: list[int], clustering: str) -> None:
    print(
        f"{'questions':>9}{'seconds':>9}{'power':>7}{'peak MiB':>10}{'clusters':>10}{'share %':>9}"
    )
    before: tuple[int, float] | None = None
    for n in sizes:
        difficulty = world(n)
        start = time.perf_counter()
        fit = fit_benchmark(
            difficulty,
            Clustering(method=clustering),
            Trial(),
            n_resamples=200,
            rng=np.random.default_rng(0),
        )
        seconds = time.perf_counter() - start
        power = np.log(seconds / before[1]) / np.log(n / before[0]) if before else np.nan
        before = (n, seconds)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        clusters = fit.clusters
        assert clusters is not None
        print(
            f"{n:9}{seconds:9.2f}{power:7.2f}{peak:10.0f}{len(clusters.sizes):10}"
            f"{100 * clusters.predictable_share:9.1f}"
        )


def world(n: int) -> Difficulty:
    rng = np.random.default_rng(0)
    compute = np.geomspace(40.0, 141444.0, N_MODELS)
    beta = np.maximum(rng.normal(0.22, 0.06, n), 0.02)
    loss = np.exp(rng.normal(2.0, 1.0, n)[:, None] - beta[:, None] * np.log(compute))
    gamma = np.where(rng.random(n) < 0.08, rng.uniform(2.0, 5.0, n), 0.0)
    rates = rng.binomial(TRIALS, np.exp(-loss - gamma[:, None])) / TRIALS
    weights = np.full(n, 1 / n)
    return Difficulty(
        benchmark="simulated",
        questions=tuple(f"q{i}" for i in range(n)),
        rows=np.arange(N_MODELS),
        chance=0.0,
        flops=compute * 1e18,
        rates=rates,
        trials=np.full(rates.shape, float(TRIALS)),
        weights=weights,
        full=weights @ rates,
        anchor_rates=np.empty((n, 0)),
        anchor_full=np.empty(0),
        anchor_trials=np.empty(0),
        notes=(),
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sizes", type=int, nargs="*", default=SIZES)
    options.add_argument("--clustering", default="mean-shift")
    main(**vars(options.parse_args()))
