"""Values of a harness become fractions, losses go beside scores, and the rest is counted."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from scalepredict.records.importers.admit_scores import LeftOut, admit_scores
from scalepredict.records.importers.harness.interface import ImportedScore, Questions, Subject
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.notes import Note

ONE = ImportedScore(
    subject=Subject(label="a"), benchmark="piqa", metric="acc", score=0.5, source="f.json"
)


def admitted(
    *scores: ImportedScore, percent: bool = False, asked: tuple[str, ...] = ()
) -> tuple[list[ImportedScore], list[Note], LeftOut, Counter[str]]:
    left_out: Counter[str] = Counter()
    kept, notes, reasons = admit_scores(
        scores, shipped_metrics(), percent=percent, asked=asked, left_out=left_out
    )
    return kept, notes, reasons, left_out


def test_one_value_above_1_puts_the_whole_metric_in_percent() -> None:
    low = replace(ONE, score=0.9, stderr=0.2)
    kept, notes, _, _ = admitted(low, replace(ONE, score=50.0))
    assert [score.score for score in kept] == [0.9 / 100, 0.5]
    assert kept[0].stderr == pytest.approx(0.002)
    assert [str(note) for note in notes] == [
        "piqa: acc is in percent (up to 50); all 2 values divided by 100."
    ]


def test_percent_that_is_said_is_no_news() -> None:
    kept, notes, _, _ = admitted(replace(ONE, score=50.0), percent=True)
    assert (kept[0].score, notes) == (0.5, [])
    kept, notes, _, _ = admitted(replace(ONE, score=50.0, percent=True))
    assert (kept[0].score, notes) == (0.5, [])


def test_a_format_that_says_fractions_does_not_hold_percent() -> None:
    kept, _, reasons, left_out = admitted(replace(ONE, score=50.0, percent=False))
    reason = "values outside the limits that the file states"
    assert (kept, reasons) == ([], {("piqa", "acc"): reason})
    assert left_out == {f"acc: {reason}": 1}


def test_single_answers_are_divided_and_counted_one_by_one() -> None:
    names = np.array(["q1", "q2"], dtype=object)
    questions = Questions(names=names, scores=np.array([0.0, 100.0]), lines=np.array([1, 2]))
    (score,), notes, _, _ = admitted(replace(ONE, score=50.0, questions=questions))
    assert score.questions is not None
    np.testing.assert_array_equal(score.questions.scores, [0.0, 1.0])
    assert "all 2 values divided" in str(notes[0])


def test_a_loss_goes_beside_the_score_of_the_same_evaluation() -> None:
    loss = replace(ONE, metric="nll", score=2.5)
    other = replace(loss, score=1.5, benchmark="arc")
    far = replace(ONE, benchmark="arc", source="g.json")
    kept, _, _, _ = admitted(ONE, loss, other, far)
    found = {(s.benchmark, s.source): (s.score, s.task_loss) for s in kept}
    assert found["piqa", "f.json"] == (0.5, 2.5)
    assert found["arc", "g.json"] == (0.5, None)  # another file is another evaluation
    assert np.isnan(found["arc", "f.json"][0])
    assert found["arc", "f.json"][1] == 1.5


def test_a_loss_that_is_asked_for_or_alone_is_a_score() -> None:
    loss = replace(ONE, metric="nll", score=2.5)
    kept, _, _, _ = admitted(ONE, loss, asked=("nll",))
    assert [(s.metric, s.score, s.task_loss) for s in kept] == [
        ("acc", 0.5, None),
        ("nll", 2.5, None),
    ]
    ((alone),), _, _, _ = admitted(loss)
    assert (alone.score, alone.task_loss) == (2.5, None)


def test_an_unknown_metric_of_which_less_is_better_is_left_out_with_what_to_write() -> None:
    odd = replace(ONE, metric="odd", score=0.2, higher=False)
    kept, _, reasons, left_out = admitted(ONE, odd)
    assert [score.metric for score in kept] == ["acc"]
    assert "metrics: {odd: {direction: lower}}" in reasons["piqa", "odd"]
    assert sum(left_out.values()) == 1
