"""A backtest sees nothing above its origin, and counts what it refuses."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.rolling_origin import Cell, run_backtest
from scalepredict.evaluation.backtest.splits import leave_one_family_out, rolling_origins
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.direct.last import LastValue
from scalepredict.predictors.interface import Law, Predictor, Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table


def ladder(n_models: int = 8, *, families: tuple[str, ...] = ("f",)) -> EvalTable:
    """Three rising benchmarks with noise, sizes a factor of 3 apart."""
    rng = np.random.default_rng(5)
    checkpoints = [
        Checkpoint(
            model=f"{family}-{i}", family=family, params=1e8 * 2**i, tokens=1e10 * 1.5**i,
            flops=6e18 * 3**i,
        )
        for family in families
        for i in range(n_models)
    ]  # fmt: skip
    size = np.tile(np.arange(n_models), len(families))[:, None]
    rise = 1 / (1 + np.exp(-0.6 * (size - [2.0, 4.0, 5.0])))
    scores = 0.25 + 0.7 * rise + 0.01 * rng.normal(size=(len(size), 3))
    units = [Unit(benchmark=name, chance=0.25) for name in ("arc", "piqa", "sciq")]
    return make_table(checkpoints, units, scores, n_items=np.full(scores.shape, 1000.0))


def run(table: EvalTable, *predictors: Predictor, jobs: int = 1) -> tuple[Cell, ...]:
    return run_backtest(
        table, rolling_origins(table), predictors, load_calibration(), jobs=jobs,
        rng=np.random.default_rng(0),
    )  # fmt: skip


def points(cells: tuple[Cell, ...]) -> list[Floats]:
    return [cell.forecast.point for cell in cells if cell.forecast is not None]


@pytest.mark.parametrize("name", ["stack", "last"])
def test_nothing_above_an_origin_touches_its_forecast(name: str) -> None:
    table = ladder()
    cells = run(table, predictor_type(name)())
    hidden = table.scores.copy()
    hidden[5:] = np.random.default_rng(1).uniform(size=hidden[5:].shape)
    again = run(table.with_scores(hidden), predictor_type(name)())
    below = [i for i, cell in enumerate(cells) if cell.origin_flops <= 6e18 * 3**4]
    assert len(below) == 2
    for i in below:
        np.testing.assert_array_equal(points(cells)[i], points(again)[i])
    assert not np.array_equal(points(cells)[-1], points(again)[-1])


def test_jobs_do_not_change_a_bit() -> None:
    table = ladder(6, families=("f", "g"))
    one = run(table, predictor_type("stack")(), LastValue())
    two = run(table, predictor_type("stack")(), LastValue(), jobs=2)
    assert [c.series for c in one] == [c.series for c in two]
    for a, b in zip(points(one), points(two), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_measured_score_and_the_forecast_belong_to_the_same_model() -> None:
    table = ladder()
    first = run(table, LastValue())[0]
    assert [c.model for c in first.targets] == ["f-4", "f-5", "f-6", "f-7"]
    np.testing.assert_array_equal(first.observed, table.scores[4:])
    last = np.tile(table.scores[3], (4, 1))
    np.testing.assert_allclose(points((first,))[0], last, rtol=1e-9)  # ten digits are kept
    np.testing.assert_allclose(first.factor, [3, 9, 27, 81])


def test_a_benchmark_without_evidence_below_the_origin_is_not_asked_for() -> None:
    table = ladder()
    scores = table.scores.copy()
    scores[:5, 1] = np.nan
    cells = run(table.with_scores(scores), LastValue())
    assert [len(cell.units) for cell in cells] == [2, 2, 3, 3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picky:
    """Refuses ladders of five models or more."""

    name: ClassVar[str] = "picky"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> Law:
        if len(table.checkpoints) >= 5:
            raise RefusedError("picky on 'f': five models are too many.")
        return LastValue().fit(table, rng=rng)


def test_a_refusal_is_a_cell_with_its_reason() -> None:
    cells = run(ladder(), Picky())
    assert cells[0].failure is None
    assert {cell.failure for cell in cells[1:]} == {"picky on 'f': five models are too many."}
    assert all(cell.forecast is None for cell in cells[1:])
    assert np.isfinite(cells[1].observed).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooling:
    """Counts the families that it is shown."""

    name: ClassVar[str] = "pooling"
    pools_families: ClassVar[bool] = True
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> Law:
        if len(table.families) != 2:
            raise RefusedError(f"{len(table.families)} families")
        return LastValue().fit(table, rng=rng)


def test_only_a_pooling_method_can_forecast_a_family_that_was_held_out() -> None:
    table = ladder(5, families=("f", "g", "h"))
    cells = run_backtest(
        table, leave_one_family_out(table), [Pooling(), LastValue()], load_calibration(),
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert [cell.failure for cell in cells[::2]] == [None] * 3
    assert all("no evidence of the family" in str(cell.failure) for cell in cells[1::2])


def test_families_of_one_grid_share_a_pooled_fit() -> None:
    """Both families have the same cutoffs: four origins, eight cells, four fits."""
    fits: list[int] = []

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Counting(Pooling):
        def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> Law:
            fits.append(len(table.checkpoints))
            return LastValue().fit(table, rng=rng)

    table = ladder(families=("f", "g"))
    cells = run(table, Counting(), LastValue())
    assert fits == [8, 10, 12, 14]
    assert [(c.family, c.predictor) for c in cells[:2]] == [("f", "pooling"), ("f", "last")]
    assert [cell.split for cell in cells] == sorted(2 * list(range(8)))


def test_targets_of_a_table_are_its_own_scales() -> None:
    table = ladder()
    np.testing.assert_array_equal(Targets.of_table(table).flops, table.flops)
