"""From a table of checkpoints to verdicts: families, p-values, events and what is not judged."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.ladders.against_ladder import LadderOutcome
from scalepredict.evaluation.off_trend.own_past.quality import quality_of
from scalepredict.evaluation.off_trend.rules.gate import BenchmarkLevel, Gate
from scalepredict.evaluation.off_trend.rules.ladder_rules import OWN_SHARE
from scalepredict.evaluation.off_trend.rules.verdicts import Accepted, Level, Verdict
from scalepredict.evaluation.off_trend.walk_runs import families_of, gather, off_trend, walk
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import EvalTable, Unit, make_table
from tests.evaluation.off_trend.rules.made_runs import GATE, LENGTH, changed, runs

TABLE = runs(1, 1e9)
DROP = changed(TABLE, 9, -0.05)


def verdicts(table: EvalTable, gate: Gate = GATE, **more: object) -> dict[int, Verdict]:
    return off_trend(gather(table, gate), gate, **more)  # type: ignore[arg-type]


def rules(found: dict[int, Verdict]) -> dict[int, set[str]]:
    return {row: {f.rule for f in v.findings} for row, v in found.items() if v.findings}


def test_every_checkpoint_has_a_verdict_and_the_first_ones_say_why_they_have_none() -> None:
    found = verdicts(TABLE)
    assert sorted(found) == list(range(LENGTH))
    assert [found[k].checkpoint for k in range(LENGTH)] == list(TABLE.checkpoints)
    judged = [k for k in range(LENGTH) if found[k].p_value is not None]
    assert judged == list(range(5, LENGTH))
    for k in range(LENGTH):
        assert bool(found[k].unjudged) is (k not in judged)
        if k in judged:
            assert 0 <= (found[k].p_value or 0.0) <= 1


def test_the_order_of_rows_and_of_benchmarks_changes_no_verdict() -> None:
    order = np.random.default_rng(0).permutation(LENGTH)
    shuffled = DROP.take_rows(order).take_units([3, 0, 5, 1, 4, 2])
    plain, other = verdicts(DROP), verdicts(shuffled)
    for place, row in enumerate(order.tolist()):
        assert {f.rule for f in other[place].findings} == {f.rule for f in plain[row].findings}
        if plain[row].p_value is not None:
            assert other[place].p_value == pytest.approx(plain[row].p_value, rel=1e-6)


def test_a_later_checkpoint_changes_no_earlier_verdict() -> None:
    whole, short = verdicts(DROP), verdicts(DROP.take_rows(range(9)))
    for k in range(9):
        assert short[k].p_value == whole[k].p_value


def test_other_runs_change_no_verdict_of_a_run() -> None:
    two = runs(1, 1e9, 4e9)
    first = {k: v.p_value for k, v in verdicts(two).items() if k < LENGTH}
    assert first == {k: v.p_value for k, v in verdicts(two.take_rows(range(LENGTH))).items()}


def test_a_drop_is_found_and_its_p_value_is_small() -> None:
    found = verdicts(DROP)
    assert "off-trend-low" in rules(found)[9]
    assert (found[9].p_value or 1.0) < 1e-4
    assert found[9].flagged(Level.ERROR)
    assert not found[8].flagged(Level.NOTE)


def test_where_a_ladder_judges_too_the_own_past_has_four_fifths_of_alpha() -> None:
    """A model of the ladder that lies where it should: the own p-value alone is divided by .8."""
    columns = np.arange(6)
    healthy = LadderOutcome(
        p_value=1.0,
        shift=0.0,
        shift_p=0.5,
        n_models=5,
        columns=columns,
        expected=np.full(6, 0.5),
        low=np.full(6, 0.4),
        high=np.full(6, 0.6),
        z=np.zeros(6),
        sign=np.ones(6),
        unit_p=np.ones(6),
    )
    evidence = gather(DROP, GATE)
    alone = off_trend(evidence, GATE)[9].p_value
    beside = off_trend(replace(evidence, ladder={9: healthy}), GATE)[9].p_value
    assert alone is not None
    assert beside == pytest.approx(alone / OWN_SHARE)
    unhealthy = replace(healthy, p_value=1e-12)
    worst = off_trend(replace(evidence, ladder={9: unhealthy}), GATE)[9].p_value
    assert worst == pytest.approx(1e-12 / (1 - OWN_SHARE))


def test_an_accepted_finding_is_kept_apart_and_flags_nothing() -> None:
    plain = verdicts(DROP)[9]
    baseline = [
        Accepted(fingerprint=f.fingerprint(plain.checkpoint), place=f.place(plain.checkpoint))
        for f in plain.findings
    ]
    accepted = verdicts(DROP, accepted=baseline)[9]
    assert accepted.findings == ()
    assert set(accepted.accepted) == set(plain.findings)
    assert not accepted.flagged(Level.NOTE)
    elsewhere = [replace(entry, place="step 1") for entry in baseline]
    assert verdicts(DROP, accepted=elsewhere)[9].findings == plain.findings


def test_findings_come_with_the_gravest_first() -> None:
    gate = replace(GATE, benchmarks=(BenchmarkLevel(match="b[0-2]", level=Level.WARNING),))
    levels = [f.level for f in verdicts(DROP, gate)[9].findings]
    assert Level.ERROR in levels
    assert Level.WARNING in levels
    order = list(Level)
    assert levels == sorted(levels, key=order.index, reverse=True)


def test_what_is_off_is_not_told() -> None:
    quiet = replace(GATE, rules=dict.fromkeys(GATE.rules, Level.OFF))
    assert rules(verdicts(DROP, quiet)) == {}


def test_only_the_new_checkpoints_of_a_run_are_reported() -> None:
    new = np.arange(LENGTH) == 9
    found = off_trend(gather(DROP, GATE, new=new), GATE, new=new)
    assert list(found) == [9]
    whole = verdicts(DROP)[9]
    assert {f.rule for f in found[9].findings} == {f.rule for f in whole.findings}
    assert found[9].p_value == pytest.approx(whole.p_value)


def test_a_run_without_new_checkpoints_is_not_walked() -> None:
    two = runs(1, 1e9, 4e9)
    new = np.arange(2 * LENGTH) == LENGTH + 3
    evidence = gather(two, GATE, new=new)
    assert [run.model for run in evidence.runs] == ["r0", "r1"]
    assert [run.model for run in evidence.walked] == ["r1"]


def families(*levels: Level, losses: int = 0) -> list[tuple[Level, list[int], float, float]]:
    """Benchmarks b0, b1, ... of these levels, the last ``losses`` of them losses."""
    loss = shipped_metrics().find("loss")
    units = [
        Unit(benchmark=f"b{i}", metric="loss", measure=loss)
        if i >= len(levels) - losses
        else Unit(benchmark=f"b{i}")
        for i in range(len(levels))
    ]
    table = make_table(
        TABLE.checkpoints, units, np.full((LENGTH, len(levels)), 0.5),
        n_items=np.full((LENGTH, len(levels)), 1000.0),
    )  # fmt: skip
    gate = replace(
        GATE,
        benchmarks=tuple(BenchmarkLevel(match=f"b{i}", level=lv) for i, lv in enumerate(levels)),
    )
    return [
        (f.level, f.columns.tolist(), f.share, f.sign)
        for f in families_of(table, quality_of(table)[0], gate)
    ]


def test_benchmarks_that_only_warn_are_tested_apart_and_take_no_alpha() -> None:
    found = families(Level.ERROR, Level.WARNING, Level.ERROR, Level.OFF)
    assert found == [(Level.ERROR, [0, 2], 1.0, 1.0), (Level.WARNING, [1], 1.0, 1.0)]


def test_losses_share_alpha_with_scores() -> None:
    found = families(Level.ERROR, Level.ERROR, Level.ERROR, losses=1)
    assert found == [(Level.ERROR, [0, 1], 0.5, 1.0), (Level.ERROR, [2], 0.5, -1.0)]


def test_a_benchmark_of_too_few_questions_is_out_of_the_test() -> None:
    gate = replace(GATE, benchmarks=(BenchmarkLevel(match="*", min_items=3000),))
    assert all(v.p_value is None for v in verdicts(TABLE, gate).values())
    enough = replace(GATE, benchmarks=(BenchmarkLevel(match="*", min_items=2000),))
    assert verdicts(TABLE, enough)[9].p_value == verdicts(TABLE)[9].p_value


def test_a_walk_that_starts_late_has_empty_places_before() -> None:
    evidence = gather(TABLE, GATE)
    late = walk(evidence, evidence.runs[0], first=4)
    assert [len(trials) for trials in late.trials] == [0] * 4 + [1] * (LENGTH - 4)
