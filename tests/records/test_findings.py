"""Findings name what should be mended, and clean records have none."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.records.findings import doubts, doubts_of_units, lint, units_doubted
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def ladder() -> EvalTable:
    """Three sizes of one recipe on six benchmarks of 1000 questions and chance 0.25."""
    checkpoints = [
        Checkpoint(model=f"m{i}", params=i * 1e9, tokens=2e10, flops=i * 1.2e20, flops_given=True)
        for i in (1, 2, 3)
    ]
    scores = np.random.default_rng(0).uniform(0.3, 0.8, size=(3, 6))
    units = [Unit(benchmark=f"b{i}", chance=0.25) for i in range(6)]
    return make_table(checkpoints, units, scores, n_items=np.full((3, 6), 1000.0))


def test_clean_records_have_no_finding() -> None:
    assert lint(ladder()) == ()


def test_a_copied_model_is_found() -> None:
    scores = ladder().scores.copy()
    scores[2] = scores[1]
    (finding,) = lint(ladder().with_scores(scores))
    assert str(finding).startswith("the same scores on every benchmark: m2 and m3 (1 checkpoint)")


def test_flops_far_from_6nd_are_found() -> None:
    table = ladder()
    wrong = replace(table.checkpoints[1], flops=2.4e20 / 10)
    (finding,) = lint(
        replace(table, checkpoints=(table.checkpoints[0], wrong, table.checkpoints[2]))
    )
    assert "FLOPs of 1 checkpoint" in str(finding)
    assert "m2, ratio 0.1" in str(finding)


def test_scores_below_chance_are_found_beyond_their_noise() -> None:
    """At 1000 questions and chance 0.25, four standard errors are 0.055; b5 is low only once."""
    scores = ladder().scores.copy()
    scores[:2, 3], scores[:2, 4], scores[2, 5] = 0.19, 0.21, 0.1
    (finding,) = lint(ladder().with_scores(scores))
    assert str(finding).startswith("b3: clearly below the chance level 0.25: 2 of 3 scores")


def codes(table: EvalTable) -> list[str]:
    return [note.code for note in lint(table)]


def test_rows_of_fractions_among_percent_are_found() -> None:
    """Divided by 100 with the others, the first row is a hundred times too low."""
    scores = ladder().scores.copy()
    scores[0] /= 100
    table = ladder().with_scores(scores)
    assert codes(table) == ["mixed-units"]
    assert "(m1) are about a hundred times lower" in str(lint(table)[0])


def test_a_column_of_one_value_is_found_where_nothing_is_known_of_it() -> None:
    scores = ladder().scores.copy()
    scores[:, 5] = 0.3
    unknown = replace(ladder().units[5], chance=0.0, chance_assumed=True)
    table = replace(ladder(), scores=scores, units=(*ladder().units[:5], unknown))
    assert codes(table) == ["constant-column"]
    assert codes(replace(table, units=ladder().units)) == []


def test_a_mean_of_the_others_is_found() -> None:
    scores = ladder().scores.copy()
    scores[:, 5] = np.round(scores[:, :5].mean(axis=1), 3)
    unknown = replace(ladder().units[5], chance=0.0, chance_assumed=True)
    table = replace(ladder(), scores=scores, units=(*ladder().units[:5], unknown))
    (finding,) = lint(table)
    assert finding.code == "mean-column"
    assert str(finding).startswith("b5: the mean of b0, b1, b2, b3, b4;")
    scores[0, 5] += 0.01
    assert codes(table.with_scores(scores)) == []


def test_a_copy_on_three_benchmarks_is_found_and_a_constant_is_no_copy() -> None:
    few = ladder().take_units([0, 1, 2])
    scores = few.scores.copy()
    scores[2] = scores[1]
    assert codes(few.with_scores(scores)) == ["copied-rows"]
    assert codes(few.with_scores(np.full((3, 3), 0.5))) == []


def test_sizes_that_lack_a_unit_are_found() -> None:
    table = ladder()
    small = replace(table.checkpoints[0], params=6e4, flops=6e4 * 2e10 * 6)
    (finding,) = lint(replace(table, checkpoints=(small, *table.checkpoints[1:])))
    assert finding.code == "small-size"
    assert "m1, 60000" in str(finding)


def test_constants_with_gaps_tell_no_two_models_apart() -> None:
    table = ladder().take_units([0, 1, 2, 3])
    scores = np.full((3, 4), 0.5)
    scores[0] = np.nan
    assert lint(table.with_scores(scores)) == ()


def test_the_order_of_rows_and_columns_changes_no_finding() -> None:
    scores = ladder().scores.copy()
    scores[2] = scores[1]
    table = ladder().with_scores(scores)
    shuffled = table.take_rows([2, 0, 1]).take_units([5, 3, 1, 0, 2, 4])
    assert codes(shuffled) == codes(table) == ["copied-rows"]


@pytest.mark.parametrize(
    ("factor", "found"), [(3.1, True), (2.9, False), (1 / 2.9, False), (1 / 3.1, True)]
)
def test_recorded_flops_may_differ_by_a_factor_of_three(factor: float, found: bool) -> None:
    table = ladder()
    rows = tuple(replace(c, flops=factor * (c.flops or 0)) for c in table.checkpoints)
    assert codes(replace(table, checkpoints=rows)) == (["odd-flops"] if found else [])
    computed = tuple(replace(c, flops_given=False) for c in rows)
    assert codes(replace(table, checkpoints=computed)) == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("params", 9e4, True),
        ("params", 1.1e5, False),
        ("tokens", 9e5, True),
        ("tokens", 2e6, False),
    ],
)
def test_sizes_below_what_anybody_trains_lack_a_unit(name: str, value: float, found: bool) -> None:
    rows = [replace(c, flops_given=False, **{name: value}) for c in ladder().checkpoints]  # type: ignore[arg-type]
    assert ("small-size" in codes(replace(ladder(), checkpoints=tuple(rows)))) is found


def test_families_of_fewer_than_three_models_are_told_together() -> None:
    table = ladder()
    assert codes(table.take_rows([0, 1])) == ["small-family"]
    assert "no family has 3 models with FLOPs (default)" in str(lint(table.take_rows([0, 1]))[0])
    extra = replace(table.checkpoints[0], model="x", family="g")
    both = make_table(
        [*table.checkpoints, extra], table.units, np.vstack([table.scores, table.scores[0] + 0.01]),
        n_items=np.full((4, 6), 1000.0),
    )  # fmt: skip
    (finding,) = lint(both)
    assert str(finding).startswith("1 of 2 families cannot be fitted alone")


def test_a_user_of_the_records_hears_what_a_fit_does_not_say_itself() -> None:
    table = ladder().take_rows([0, 1])
    assert doubts(table) == ()
    small = replace(table.checkpoints[0], params=6e4, flops_given=False)
    doubted = replace(table, checkpoints=(small, table.checkpoints[1]))
    assert [note.code for note in doubts(doubted)] == ["small-size"]
    assert [note.code for note in doubts_of_units(doubted)] == ["small-size"]
    assert units_doubted(lint(doubted)) == doubts_of_units(doubted)


def test_losses_are_no_fractions_among_percent() -> None:
    scores = ladder().scores.copy()
    scores[0] /= 100
    measure = shipped_metrics().find("loss")
    units = tuple(replace(unit, measure=measure, metric="loss") for unit in ladder().units)
    assert "mixed-units" not in codes(replace(ladder(), scores=scores, units=units))
