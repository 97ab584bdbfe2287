"""Where a benchmark leaves chance is read off the forecast on the target's ray."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.planning.filled_in import Ladder
from scalepredict.evaluation.planning.next_runs import Space
from scalepredict.evaluation.planning.off_chance import leaves_chance
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.table import Checkpoint, Unit, make_table

SIZES = np.array([50e6, 100e6, 200e6, 400e6, 800e6])
SPACE = Space(
    params=8e9,
    tokens=160e9,
    flops=7.68e21,
    ratios=(20.0, 20.0),
    most_flops=1.92e21,
    flops_of=lambda n, d: 6 * n * d,
)


def ladder(column: np.ndarray) -> Ladder:
    made = make_table(
        [
            Checkpoint(model=f"m{n:g}", family="f", params=n, tokens=20 * n, flops=120 * n**2)
            for n in SIZES
        ],
        [Unit(benchmark=name, chance=0.25, metric="acc") for name in ("late", "idle")],
        np.stack([column, np.full(5, 0.25)], axis=1),
        n_items=np.full((5, 2), 4000.0),
    )
    fit = fit_families(made, Stack(), rng=np.random.default_rng(0))
    target = Targets(
        family=("f",),
        params=np.array([8e9]),
        tokens=np.array([160e9]),
        flops=np.array([7.68e21]),
        assumption=("",),
    )
    return Ladder(
        group=fit.groups[0],
        evidence=fit.groups[0].evidence,
        wanted=(0, 1),
        predictor=Stack(),
        calibration=load_calibration(None),
        target=target,
    )


def test_it_is_the_first_size_whose_forecast_is_measurably_above_chance() -> None:
    rising = ladder(np.array([0.252, 0.255, 0.262, 0.274, 0.292]))
    run = leaves_chance(rising, SPACE, 0)
    assert run is not None
    assert 800e6 < run.params < 8e9
    assert run.tokens == pytest.approx(20 * run.params)
    smaller = replace(SPACE, params=run.params * 0.9, tokens=run.tokens * 0.9)
    smaller = replace(smaller, flops=6 * smaller.params * smaller.tokens)
    assert leaves_chance(rising, smaller, 0) is None


def test_what_never_leaves_chance_has_no_such_size() -> None:
    assert leaves_chance(ladder(np.array([0.3, 0.35, 0.4, 0.45, 0.5])), SPACE, 1) is None
