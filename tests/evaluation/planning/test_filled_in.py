"""Widths with runs that were not made: the noise of a measurement, mirrored, and nothing else."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.planning.counted import count_benchmarks
from scalepredict.evaluation.planning.filled_in import (
    LOSS_NOISE,
    Ladder,
    noise_of,
    targets_at,
    widths_now,
    widths_with,
)
from scalepredict.evaluation.planning.next_runs import Run
from scalepredict.predictors.direct.trend import Trend
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Forecast, Frontier, Targets, make_forecast
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SIZES = 1e8 * 3.0 ** np.arange(5)
ARC = Unit(benchmark="arc", metric="acc")
CHANCE = Unit(benchmark="idle", metric="acc", chance=0.25)
C4 = Unit(benchmark="c4", metric="loss", measure=shipped_metrics().find("loss"))


def evidence(*units: Unit) -> EvalTable:
    rows = [
        Checkpoint(model=f"m{i}", family="f", params=n, tokens=20 * n, flops=120 * n * n)
        for i, n in enumerate(SIZES)
    ]
    x = np.arange(5)
    curve = {"arc": 0.3 + 0.06 * x, "idle": 0.25 + 0 * x, "c4": 4.0 - 0.25 * x}
    scores = np.stack([curve[unit.benchmark] for unit in units], axis=1)
    items = [[np.nan if unit.measure else 1000.0 for unit in units]] * 5
    return make_table(rows, units, scores, n_items=np.array(items))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanLaw:
    frontier: Frontier
    mean: Floats
    count: int

    def forecast(self, targets: Targets) -> Forecast:
        return make_forecast(targets, self.frontier, self.mean, model_variance=0.01 / self.count)

    def notes(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """Forecasts the mean of all scores, surer the more there are."""

    name: ClassVar[str] = "trend"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> MeanLaw:
        return MeanLaw(
            frontier=Frontier.of_table(table),
            mean=np.nanmean(table.scores, axis=0),
            count=len(table.checkpoints),
        )


def target(params: float = 1e11) -> Targets:
    n = np.array([params])
    return Targets(family=("f",), params=n, tokens=20 * n, flops=120 * n * n, assumption=("",))


def ladder(*units: Unit, predictor: Trend | Mean | None = None) -> Ladder:
    method = predictor or Trend()
    fit = fit_families(evidence(*units), method, rng=np.random.default_rng(0))
    return Ladder(
        group=fit.groups[0],
        evidence=fit.groups[0].evidence,
        wanted=tuple(range(len(units))),
        predictor=method,
        calibration=load_calibration(),
        target=target(),
    )


def run(params: float) -> Run:
    flops = 120 * params**2
    return Run(params=params, tokens=20 * params, flops=flops, cost=flops)


def widths(made: Ladder, *plans: tuple[Run, ...], seed: int = 0) -> Floats:
    return widths_with(made, plans, jobs=1, rng=np.random.default_rng(seed))


def test_the_width_now_is_that_of_the_interval_at_the_target() -> None:
    made = ladder(ARC, predictor=Mean())
    found = widths_now(made)
    assert found.shape == (1,)
    shorter = replace(made, group=fit_families(
        evidence(ARC).take_rows([0, 1, 2]), Mean(), rng=np.random.default_rng(0)
    ).groups[0])  # fmt: skip
    assert widths_now(shorter)[0] > found[0] > 0


def test_the_mirrored_noise_of_a_run_leaves_a_law_that_is_linear_in_scores_where_it_is() -> None:
    """The mean law moves by the noise of a run and back, so its width is the same for all seeds."""
    made = ladder(ARC, predictor=Mean())
    first, second = widths(made, (run(1e10),)), widths(made, (run(1e10),), seed=9)
    assert first == pytest.approx(second, rel=0.01)


def test_more_runs_are_surer_and_equal_plans_have_equal_widths() -> None:
    made = ladder(ARC, predictor=Mean())
    one, two, again = widths(made, (run(1e10),), (run(1e10), run(3e10)), (run(1e10),))
    assert two[0] < one[0] < widths_now(made)[0]
    assert again[0] == one[0]


def test_a_larger_run_narrows_the_interval_of_a_trend_more() -> None:
    made = ladder(ARC)
    small, large = widths(made, (run(3e9),), (run(3e10),))
    assert large[0] < small[0]


def test_the_order_of_plans_changes_no_width() -> None:
    made = ladder(ARC, C4)
    plans = [(run(1e10),), (run(3e10),), (run(1e10), run(3e10))]
    forward, backward = widths(made, *plans), widths(made, *plans[::-1])
    np.testing.assert_allclose(forward, backward[::-1])


def test_noise_is_binomial_for_scores_and_relative_for_losses() -> None:
    table = evidence(ARC, C4)
    forecast = make_forecast(
        target(), Frontier.of_table(table), np.array([[0.6, 2.5]]), overdispersion=2.0,
        quantiles=np.full((1, 2, 13), np.nan),
    )  # fmt: skip
    sd = noise_of(forecast, table)
    assert sd == pytest.approx(np.array([[np.sqrt(2 * 0.6 * 0.4 / 1000), LOSS_NOISE * 2.5]]))
    unknown = replace(forecast, n_items=np.full((1, 2), np.nan))
    assert noise_of(unknown, table)[0, 0] == pytest.approx(sd[0, 0])  # 1000 are assumed
    full = replace(forecast, point=np.array([[1.0, 2.5]]))
    assert noise_of(full, table)[0, 0] == 0.0


def test_scales_of_a_mixture_of_experts_have_the_sparsity_of_the_target() -> None:
    sparse = replace(target(), params_active=np.array([2.5e10]))
    made = replace(ladder(ARC), target=sparse)
    found = targets_at(made, np.array([4e9, 8e9]), np.array([1e11] * 2), np.array([1e21] * 2))
    assert found.params_active == pytest.approx([1e9, 2e9])
    assert found.family == ("f", "f")
    assert targets_at(ladder(ARC), *([np.array([1.0])] * 3)).params_active is None


def test_benchmarks_at_chance_are_named_and_losses_are_not_averaged_with_scores() -> None:
    found = count_benchmarks(ladder(ARC, CHANCE, C4))
    assert (found.columns, found.at_chance) == ((0,), ("idle",))
    assert found.notes == ("not in the mean, since their unit is another: c4.",)
    alone = count_benchmarks(replace(ladder(ARC, C4), wanted=(1,)))
    assert (alone.columns, alone.at_chance, alone.notes) == ((1,), (), ())
