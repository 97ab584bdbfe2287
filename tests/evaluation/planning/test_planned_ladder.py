"""What is planned for: the family's own evidence, and runs inside its tokens per parameter."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.planning.filled_in import Ladder
from scalepredict.evaluation.planning.planned_ladder import ladder_for, space_around
from scalepredict.predictors.direct.trend import Trend
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Predictor, Targets
from scalepredict.predictors.skills.skills import SkillLaws
from scalepredict.records.table import Checkpoint, Unit, make_table

RATIOS = (10.0, 20.0, 40.0, 20.0)


def ladder(predictor: Predictor | None = None, **options: object) -> Ladder:
    sizes = np.array([1e8, 2e8, 4e8, 8e8])
    rungs = [
        Checkpoint(model=f"m{i}", family="f", params=n, tokens=r * n, flops=6 * n * r * n)
        for i, (n, r) in enumerate(zip(sizes, RATIOS, strict=True))
    ]
    units = [Unit(benchmark=name) for name in ("a", "b", "c")]
    scores = 0.3 + 0.1 * np.arange(4)[:, None] * np.array([1.0, 0.5, 0.2])
    table = make_table(rungs, units, scores, n_items=np.full(scores.shape, 1000.0))
    fit = fit_families(table, Trend(), rng=np.random.default_rng(0))
    target = Targets(
        family=("f",),
        params=np.array([8e9]),
        tokens=np.array([100 * 8e9]),
        flops=np.array([6 * 8e9 * 100 * 8e9]),
        assumption=("",),
    )
    if predictor is not None:
        fit = type(fit)(predictor=predictor, groups=fit.groups, refused={})
    return ladder_for(fit, fit.groups[0], target, load_calibration(), **options)  # type: ignore[arg-type]


def test_all_benchmarks_count_unless_some_are_named() -> None:
    assert ladder().wanted == (0, 1, 2)
    assert ladder(benchmarks=("c", "a")).wanted == (0, 2)
    with pytest.raises(RefusedError, match="benchmark 'd'"):
        ladder(benchmarks=("d",))


def test_a_method_of_many_families_cannot_be_fitted_again() -> None:
    with pytest.raises(RefusedError, match="skills is not fitted again for each budget"):
        ladder(SkillLaws())


def test_runs_lie_between_the_ratios_of_the_ladder_and_the_target_below_a_quarter_of_it() -> None:
    space = space_around(ladder())
    assert space.ratios == pytest.approx((10.0, 100.0))
    assert space.most_flops == pytest.approx(space.flops / 4)
    assert space.flops_of(1e9, 2e10) == pytest.approx(1.2e20)
    assert (space.params, space.tokens) == (8e9, 8e11)


def test_bounds_that_are_asked_for_go_first() -> None:
    space = space_around(ladder(), ratios=(20.0, 20.0), most_flops=1e21, sizes=(1e9,))
    assert (space.ratios, space.most_flops, space.sizes) == ((20.0, 20.0), 1e21, (1e9,))
