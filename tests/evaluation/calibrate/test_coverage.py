"""Nested coverage: a group is judged by what others taught, and groups and bins count alike."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.calibrate.coverage import (
    AVERAGE,
    BENCHMARK,
    CoverageRow,
    nested_coverage,
)
from scalepredict.evaluation.intervals.levels import Levels
from scalepredict.predictors.interface import Frontier, Targets, make_forecast
from scalepredict.records.table import Checkpoint, Unit, make_table

ORIGIN = 1e18


def cells(group: str, sd: float, *, n: int = 12, factor: float = 4.0, seed: int = 0) -> list[Cell]:
    """Origins of one series whose forecasts miss five benchmarks by normal errors."""
    rng = np.random.default_rng(seed)
    units = tuple(Unit(benchmark=f"b{t}") for t in range(5))
    found = []
    for split in range(n):
        target = Checkpoint(model=f"m{split}", params=1e9, tokens=1e9, flops=factor * ORIGIN)
        observed = np.full((1, 5), 0.5)
        evidence = make_table([replace(target, flops=ORIGIN)], units, observed - 0.2)
        table = make_table([target], units, observed, n_items=np.full((1, 5), 1000.0))
        forecast = make_forecast(
            Targets.of_table(table),
            Frontier.of_table(evidence),
            observed + sd * rng.normal(size=(1, 5)),
            model_variance=1e-4,
        )
        found.append(
            Cell(
                predictor="trend",
                records=f"{group}.csv",
                group=group,
                family=group,
                split=split,
                origin_flops=ORIGIN,
                n_train=5,
                targets=(target,),
                units=units,
                observed=observed,
                forecast=forecast,
                failure=None,
            )
        )
    return found


def rows(
    *made: list[Cell], levels: tuple[float, ...] = (0.9,)
) -> dict[tuple[str, str, str], CoverageRow]:
    everything = [cell for group in made for cell in group]
    found = nested_coverage(everything, levels=Levels(levels), rng=np.random.default_rng(0))
    return {(row.of, row.group, row.factor_bin): row for row in found}


GROUPS = [cells(name, 0.02, seed=i) for i, name in enumerate("abcd")]


def test_groups_that_err_alike_hold_what_they_name() -> None:
    """240 errors of four groups: the standard error of a share of .9 is .02."""
    whole = rows(*GROUPS)[BENCHMARK, "", ""]
    assert whole.coverage[0.9] == pytest.approx(0.9, abs=0.06)
    assert whole.width[0.9] == pytest.approx(2 * 1.645 * 0.02, rel=0.25)


def test_a_group_that_errs_more_is_covered_less_by_what_others_taught() -> None:
    found = rows(*GROUPS[:3], cells("wild", 0.08, seed=9))
    assert found[BENCHMARK, "wild", ""].coverage[0.9] < 0.6
    assert found[BENCHMARK, "a", ""].coverage[0.9] > 0.9


def test_every_group_and_bin_has_a_row_and_their_means_too() -> None:
    far = cells("a", 0.02, factor=16.0, n=3, seed=7)
    far = [replace(cell, split=cell.split + 100) for cell in far]
    found = rows(GROUPS[0] + far, GROUPS[1])
    of = {(group, part) for kind, group, part in found if kind == BENCHMARK}
    of_a, of_b = {("a", "4x"), ("a", "16x"), ("a", "")}, {("b", "4x"), ("b", "")}
    assert of == of_a | of_b | {("", "4x"), ("", "16x"), ("", "")}
    assert {kind for kind, _, _ in found} == {BENCHMARK, AVERAGE}


def test_targets_of_one_bin_have_its_row_and_that_of_all() -> None:
    found = rows(GROUPS[0], GROUPS[1])
    assert {part for of, group, part in found if (of, group) == (BENCHMARK, "a")} == {"4x", ""}
    near, everything = (found[BENCHMARK, "a", part].figures["mae"] for part in ("4x", ""))
    assert near == everything > 0


def test_a_mean_is_over_cells_of_the_table_and_not_over_forecasts() -> None:
    """Three origins sixteen times away count as much as twelve of four times."""
    far = [replace(c, split=c.split + 100) for c in cells("a", 0.1, factor=16.0, n=3, seed=7)]
    found = rows(GROUPS[0] + far, GROUPS[1])
    near, away, mean = (found[BENCHMARK, "a", part].figures["mae"] for part in ("4x", "16x", ""))
    assert mean == pytest.approx((near + away) / 2)
    single = {k: row for k, row in found.items() if k[0] == BENCHMARK and k[1] and k[2]}
    everything = [row.figures["mae"] for row in single.values()]
    assert found[BENCHMARK, "", ""].figures["mae"] == pytest.approx(np.mean(everything))


def test_figures_have_the_names_of_columns() -> None:
    named = rows(GROUPS[0], GROUPS[1], levels=(0.6,))[BENCHMARK, "", ""].by_name()
    assert {"mae", "cover_60", "width_60", "cover_90"} <= set(named)


def test_one_group_cannot_be_tested_on_others() -> None:
    with pytest.raises(RefusedError, match=r"there is only a. Give several files"):
        rows(GROUPS[0])


def test_a_method_that_made_forecasts_in_one_group_alone_has_no_rows() -> None:
    silent = [replace(c, forecast=None, failure="too few models.") for c in GROUPS[1]]
    assert rows(GROUPS[0], silent) == {}
