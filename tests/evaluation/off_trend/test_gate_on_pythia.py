"""The gate on the shipped Pythia series: what is really wrong there is found, and little else."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.rules.scene import Evidence
from scalepredict.evaluation.off_trend.rules.verdicts import Verdict
from scalepredict.evaluation.off_trend.walk_runs import gather, off_trend
from scalepredict.records.reading.read import read_records

GATE = load_gate().gate
SAMPLES = Path(__file__).resolve().parents[3] / "sample_data"
WORSE = ("off-trend-low", "level-shift", "drift")
COPIED_STEPS = {3000, 13000, 23000, 33000, 43000}


@pytest.fixture(scope="module")
def five_shot() -> Evidence:
    return gather(read_records([SAMPLES / "pythia_checkpoints_5shot.csv.gz"]).table, GATE)


@pytest.fixture(scope="module")
def verdicts(five_shot: Evidence) -> dict[int, Verdict]:
    return off_trend(five_shot, GATE)


def having(verdicts: dict[int, Verdict], *rules: str) -> Iterator[tuple[str, float]]:
    for verdict in verdicts.values():
        if any(finding.rule in rules for finding in verdict.findings):
            yield verdict.checkpoint.model, verdict.checkpoint.step or 0.0


def test_the_copied_series_is_found_and_nothing_else_is_called_a_copy(
    verdicts: dict[int, Verdict],
) -> None:
    found = set(having(verdicts, "copied-scores"))
    assert {model for model, _ in found} == {"pythia-2.8b", "pythia-2.8b-deduped"}
    assert COPIED_STEPS - {3000} <= {step for _, step in found} <= COPIED_STEPS


def test_the_late_degradation_of_70m_and_160m_is_flagged(verdicts: dict[int, Verdict]) -> None:
    flagged = {model for model, step in having(verdicts, *WORSE) if step >= 83000}
    assert flagged == {"pythia-70m", "pythia-70m-deduped", "pythia-160m", "pythia-160m-deduped"}


def test_large_healthy_runs_raise_few_alarms(verdicts: dict[int, Verdict]) -> None:
    """108 checkpoints at 1 %: five or more alarms have a chance of .5 % if the rate holds."""
    large = {
        row: v
        for row, v in verdicts.items()
        if (v.checkpoint.params or 0) > 4e8 and v.p_value is not None
    }
    assert len(large) == 108
    assert len(list(having(large, *WORSE))) <= 4


def test_scores_filed_under_the_wrong_size_or_step_are_given_their_right_label(
    five_shot: Evidence,
) -> None:
    table = five_shot.table
    place = {(c.model, c.step): row for row, c in enumerate(table.checkpoints)}
    row = place["pythia-6.9b", 123000]
    for source, label in (
        (("pythia-12b", 123000), "pythia-12b"),
        (("pythia-6.9b", 33000), "pythia-6.9b at step"),
    ):
        scores = table.scores.copy()
        scores[row] = table.scores[place[source]] + 1e-4  # no digit-for-digit copy
        changed = gather(table.with_scores(scores), GATE)
        messages = [
            f.message for f in off_trend(changed, GATE)[row].findings if f.rule == "mislabelled"
        ]
        assert len(messages) == 1
        assert label in messages[0]


def test_scores_of_another_shot_count_are_recognised() -> None:
    paths = [SAMPLES / f"pythia_checkpoints{shots}.csv.gz" for shots in ("", "_5shot")]
    evidence = gather(read_records(paths).table, GATE)
    table = evidence.table
    shots = np.array([unit.shots for unit in table.units])
    names = [unit.benchmark for unit in table.units]
    (row,) = (
        r for r, c in enumerate(table.checkpoints) if c.model == "pythia-6.9b" and c.step == 103000
    )
    scores = table.scores.copy()
    for benchmark in set(names):
        zero, five = (
            next(t for t, n in enumerate(names) if n == benchmark and shots[t] == s) for s in (0, 5)
        )
        scores[row, zero] = table.scores[row, five]
    verdict = off_trend(gather(table.with_scores(scores), GATE), GATE)[row]
    (message,) = (f.message for f in verdict.findings if f.rule == "mislabelled")
    assert "5 instead of 0 shots" in message
