"""How long do the fits of pooled methods take?

    python benchmarks/speed/space_speed.py

Random worlds of 150 models x 20 benchmarks and of 5,000 x 12, a tenth of the cells missing,
families of five. Prints wall and CPU seconds of one fit with all its cross-validation, and peak GB.
"""

import resource
import time

import numpy as np
from scipy.special import expit

from scalepredict.predictors.interface import Predictor
from scalepredict.predictors.observational.observational import Observational
from scalepredict.predictors.skills.skills import SkillLaws
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def world(n_models: int, n_benchmarks: int) -> EvalTable:
    rng = np.random.default_rng(0)
    family = np.arange(n_models) // 5
    level = rng.normal(scale=0.7, size=(family.max() + 1, 3))
    params = 10.0 ** rng.uniform(8, 11, n_models)
    tokens = 10.0 ** rng.uniform(11, 13, n_models)
    growth = np.array([0.9, 0.4, 0.2])
    theta = level[family] + np.log10(params * tokens / 1e21)[:, None] * growth
    loading = rng.normal(size=(n_benchmarks, 3)) * 0.5 + np.array([1.0, 0.0, 0.0])
    chance = rng.choice([0.0, 0.25], n_benchmarks)
    share = expit(theta @ loading.T - rng.normal(size=n_benchmarks))
    noise = 0.01 * rng.normal(size=share.shape)
    scores = np.clip(chance + (1 - chance) * share + noise, 0, 1)
    scores[rng.random(scores.shape) < 0.1] = np.nan
    rows = [
        Checkpoint(
            model=f"m{i}",
            family=f"f{family[i]}",
            params=float(params[i]),
            tokens=float(tokens[i]),
            flops=float(6 * params[i] * tokens[i]),
        )
        for i in range(n_models)
    ]
    units = [Unit(benchmark=f"b{t}", chance=float(c)) for t, c in enumerate(chance)]
    return make_table(rows, units, scores)


def main() -> None:
    methods: tuple[Predictor, ...] = (Observational(), SkillLaws())
    print(f"{'':16}{'models':>8}{'benchmarks':>12}{'wall s':>9}{'CPU s':>8}{'peak GB':>9}")
    for shape in ((150, 20), (5000, 12)):
        table = world(*shape)
        for method in methods:
            wall, cpu = time.perf_counter(), time.process_time()
            method.fit(table, rng=np.random.default_rng(0))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            print(
                f"{method.name:16}{shape[0]:8d}{shape[1]:12d}{wall:9.2f}{cpu:8.2f}{peak:9.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
