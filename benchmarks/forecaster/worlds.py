"""Is the default right where nothing is odd? Bias, error and coverage in clean logistic worlds.

    python benchmarks/forecaster/worlds.py [--predictor stack ...] [--worlds 40] [--seed 0]

Each world is a ladder of six models, 60M to 4.2B params, at 20 or 100 tokens per parameter, with
1, 2, 3 or 8 benchmarks of 2,000 questions. The truth is logistic in log C, chance .25; the largest
model scores 45 to 75 %, where the curve rises by 15 to 28 points per decade. Forecasts at 3.1 and
10 times the largest compute are held against the truth, so a 90 % interval, which is meant for the
next measured score, may hold a little more often than that. Names are neutral: no method can know
these benchmarks from elsewhere.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit

from scalepredict.evaluation.intervals.calibration import Calibration, apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors import registry
from scalepredict.predictors.interface import Predictor, Targets
from scalepredict.records.table import (
    FLOPS_PER_PARAM_TOKEN,
    Checkpoint,
    EvalTable,
    Floats,
    Unit,
    make_table,
)

PARAMS = np.geomspace(60e6, 4.2e9, 6)
RATIOS = (20.0, 100.0)  # tokens per parameter, by turns
N_BENCHMARKS = (1, 2, 3, 8)
FACTORS = np.array([3.1, 10.0])
CHANCE = 0.25
ITEMS = 2000
BIAS_GOALS, ERROR_GOALS = (1.0, 2.0), (2.0, 3.0)  # points, by factor
COVERAGE_GOAL = (0.85, 0.97)


def world(
    n_benchmarks: int, ratio: float, *, rng: np.random.Generator
) -> tuple[EvalTable, Targets, Floats]:
    """A measured ladder, the two targets, and their true scores. Truth: shape (2, T)."""
    n = np.concatenate([PARAMS, PARAMS[-1] * np.sqrt(FACTORS)])
    flops = FLOPS_PER_PARAM_TOKEN * n * n * ratio
    last = rng.uniform(0.45, 0.75, n_benchmarks)
    share = (last - CHANCE) / (1 - CHANCE)
    slope = rng.uniform(0.15, 0.28, n_benchmarks) / ((1 - CHANCE) * share * (1 - share))
    decades = np.log10(flops / flops[len(PARAMS) - 1])
    truth = CHANCE + (1 - CHANCE) * expit(logit(share) + slope * decades[:, None])
    scores = rng.binomial(ITEMS, truth[: len(PARAMS)]) / ITEMS
    table = make_table(
        [
            Checkpoint(model=f"m{i}", params=float(n[i]), tokens=float(ratio * n[i]),
                       flops=float(flops[i]))
            for i in range(len(PARAMS))
        ],
        [Unit(benchmark=f"task{t}", chance=CHANCE) for t in range(n_benchmarks)],
        scores,
        n_items=np.full(scores.shape, float(ITEMS)),
    )  # fmt: skip
    targets = Targets(
        family=("default",) * len(FACTORS),
        params=n[len(PARAMS) :],
        tokens=ratio * n[len(PARAMS) :],
        flops=flops[len(PARAMS) :],
        assumption=("",) * len(FACTORS),
    )
    return table, targets, truth[len(PARAMS) :]


def judge(
    predictor: Predictor,
    n_benchmarks: int,
    calibration: Calibration,
    *,
    worlds: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:
    """Errors, whether the 90 % interval held, and its width; each of shape (2, worlds * T)."""
    errors, held, widths = [], [], []
    for i in range(worlds):
        table, targets, truth = world(n_benchmarks, RATIOS[i % len(RATIOS)], rng=rng)
        law = predictor.fit(table, rng=rng.spawn(1)[0])
        forecast = law.forecast(targets)
        forecast = apply_calibration(forecast, calibration, predictor.name)
        low, high = forecast.interval(0.9)
        errors.append(forecast.point - truth)
        held.append((low <= truth) & (truth <= high))
        widths.append(high - low)
    return np.hstack(errors), np.hstack(held), np.hstack(widths)


def goals(errors: Floats, held: Floats, place: int) -> str:
    """Which goals are missed at one factor."""
    bias, error, hold = 100 * errors.mean(), 100 * np.abs(errors).mean(), held.mean()
    missed = [
        name
        for name, met in (
            ("bias", abs(bias) <= BIAS_GOALS[place]),
            ("error", error <= ERROR_GOALS[place]),
            ("coverage", COVERAGE_GOAL[0] <= hold <= COVERAGE_GOAL[1]),
        )
        if not met
    ]
    return f"MISSED {', '.join(missed)}" if missed else "ok"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--predictor", action="append", help="default: the default, and sigmoid")
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    calibration = load_calibration()
    print(f"{'':14s}{'benchmarks':>11s}{'factor':>8s}{'bias':>8s}{'error':>8s}{'90 % hold':>11s}"
          f"{'width':>8s}")  # fmt: skip
    for name in asked.predictor or [registry.DEFAULT, "sigmoid"]:
        for count in N_BENCHMARKS:
            rng = np.random.default_rng([asked.seed, count])
            errors, held, widths = judge(
                registry.predictor_type(name)(), count, calibration, worlds=asked.worlds, rng=rng
            )
            for place, factor in enumerate(FACTORS):
                print(
                    f"{name:14s}{count:11d}{factor:7.1f}x{100 * errors[place].mean():+8.2f}"
                    f"{100 * np.abs(errors[place]).mean():8.2f}{held[place].mean():11.0%}"
                    f"{100 * widths[place].mean():8.1f}  {goals(errors[place], held[place], place)}"
                )


if __name__ == "__main__":
    main()
