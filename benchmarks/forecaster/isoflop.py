"""Does the default hold on isoFLOP grids? Several sizes per budget, the target near the optimum.

    python benchmarks/forecaster/isoflop.py [--predictor stack ...] [--worlds 16] [--seed 0]

Each world has five budgets of 1e18 to 1e20 FLOPs with seven sizes each, at 1 to 1000 tokens per
parameter (`narrow`: five sizes at 5 to 200), and six benchmarks of 2,000 questions, whose logit is
linear in a loss E + A N^-a + B D^-b of the world's own constants. Targets at 3.1, 10 and 30 times
the largest budget have the optimal size. Names are neutral: no method knows these benchmarks.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit

from scalepredict.errors import RefusedError
from scalepredict.predictors import registry
from scalepredict.predictors.interface import Targets
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

BUDGETS = np.geomspace(1e18, 1e20, 5)
RATIOS = {"wide": np.geomspace(1, 1000, 7), "narrow": np.geomspace(5, 200, 5)}
FACTORS = np.array([3.1, 10.0, 30.0])
N_BENCHMARKS, ITEMS = 6, 2000
RIVALS = ("power_law", "nd_law", "sigmoid", "sigmoid_nd", "trend", "last")


def sizes(flops: Floats, tokens_per_param: Floats | float) -> tuple[Floats, Floats]:
    """Params and tokens at given FLOPs."""
    params = np.sqrt(flops / 6 / tokens_per_param)
    return params, params * tokens_per_param


def world(ratios: Floats, *, rng: np.random.Generator) -> tuple[EvalTable, Targets, Floats]:
    """A measured grid, the targets, and their true scores. Truth: shape (3, T)."""
    alpha, beta, optimum = rng.uniform(0.28, 0.5), rng.uniform(0.25, 0.42), rng.uniform(15, 60)
    n_top, d_top = sizes(BUDGETS[-1:], optimum)
    # At the optimum alpha A N^-alpha = beta B D^-beta.
    share = rng.uniform(0.5, 0.9) / (1 / alpha + 1 / beta)
    level, slope = rng.uniform(0.2, 0.6, N_BENCHMARKS), rng.uniform(1.5, 4.5, N_BENCHMARKS)
    chance = np.where(rng.random(N_BENCHMARKS) < 0.7, 0.25, 0.0)

    def truth(n: Floats, d: Floats) -> Floats:
        excess = share * ((n / n_top) ** -alpha / alpha + (d / d_top) ** -beta / beta)
        gained = share * (1 / alpha + 1 / beta) - excess[:, None]
        result: Floats = chance + (1 - chance) * expit(logit(level) + slope * gained)
        return result

    flops = np.repeat(BUDGETS, len(ratios))
    n, d = sizes(flops, np.tile(ratios, len(BUDGETS)))
    scores = rng.binomial(ITEMS, truth(n, d)) / ITEMS
    rows = [
        Checkpoint(model=f"m{i}", params=a, tokens=b, flops=c)
        for i, (a, b, c) in enumerate(zip(n.tolist(), d.tolist(), flops.tolist(), strict=True))
    ]
    units = [Unit(benchmark=f"task{t}", chance=float(c)) for t, c in enumerate(chance)]
    table = make_table(rows, units, scores, n_items=np.full(scores.shape, float(ITEMS)))
    far = BUDGETS[-1] * FACTORS
    n, d = sizes(far, optimum)
    targets = Targets(
        family=("default",) * len(far), params=n, tokens=d, flops=far, assumption=("",) * len(far)
    )
    return table, targets, truth(n, d)


def errors(name: str, ratios: Floats, *, worlds: int, seed: int) -> Floats:
    """Forecast minus truth. Shape (3, worlds * T); NaN where refused."""
    found = []
    for i in range(worlds):
        table, targets, truth = world(ratios, rng=np.random.default_rng([seed, i]))
        try:
            law = registry.predictor_type(name)().fit(table, rng=np.random.default_rng(0))
            found.append(law.forecast(targets).point - truth)
        except RefusedError:
            found.append(np.full(truth.shape, np.nan))
    return np.hstack(found)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--predictor", action="append", help="default: the default and plain laws")
    parser.add_argument("--worlds", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    print("MAE in points (bias) at " + ", ".join(f"{f:g}x" for f in FACTORS) + "; their mean")
    for kind, ratios in RATIOS.items():
        for name in asked.predictor or (registry.DEFAULT, *RIVALS):
            off = 100 * errors(name, ratios, worlds=asked.worlds, seed=asked.seed)
            mae, bias = np.nanmean(np.abs(off), axis=1), np.nanmean(off, axis=1)
            each = "".join(f"{m:8.2f}({b:+.1f})" for m, b in zip(mae, bias, strict=True))
            print(f"{kind:8s}{name:12s}{each}{mae.mean():9.2f}")


if __name__ == "__main__":
    main()
