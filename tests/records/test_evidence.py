"""Evidence is the last checkpoint of each model; what is left out is counted."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.records.evidence import ALL, LAST, CheckpointChoice, select_evidence
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def checkpoint(model: str, tokens: float, **fields: object) -> Checkpoint:
    given: dict[str, object] = {"params": 1e9, "tokens": tokens, "flops": 6e9 * tokens, **fields}
    return Checkpoint(model=model, **given)  # type: ignore[arg-type]


def ladder() -> EvalTable:
    """Model a at 1, 2 and 4 tokens, model b at 3, and four rows that are no evidence."""
    rows = [
        (checkpoint("a", 4.0, loss=2.0), 0.4),
        (checkpoint("a", 1.0), 0.1),
        (checkpoint("a", 2.0, loss=3.0), 0.3),
        (checkpoint("b", 3.0), 0.5),
        (checkpoint("c", 9.0, role="holdout"), 0.6),
        (checkpoint("d", 9.0, role="anchor"), 0.7),
        (Checkpoint(model="closed"), 0.8),
    ]
    scores = np.array([[score] for _, score in rows])
    return make_table([c for c, _ in rows], [Unit(benchmark="x")], scores)


def test_the_last_checkpoint_of_each_model_is_evidence() -> None:
    selection = select_evidence(ladder())
    assert [(c.model, c.tokens) for c in selection.table.checkpoints] == [("a", 4.0), ("b", 3.0)]
    assert [c.model for c in selection.anchors.checkpoints] == ["d"]
    assert tuple(map(str, selection.notes)) == (
        "evidence: 1 checkpoint of role holdout not fitted.",
        "evidence: 1 checkpoint of role anchor not fitted.",
        "evidence: 1 of 5 checkpoints left out, because params, or tokens and FLOPs, are not "
        "recorded.",
        "evidence: last checkpoint of each of 2 models (2 earlier checkpoints left out).",
    )


def test_the_last_checkpoints_are_averaged_on_request() -> None:
    selection = select_evidence(ladder(), choice=CheckpointChoice.parse("mean-last-2"))
    a, b = selection.table.checkpoints
    np.testing.assert_allclose(selection.table.scores[:, 0], [0.35, 0.5], rtol=1e-12)
    assert (a.tokens, a.loss, b.loss) == (4.0, 2.5, None)
    assert "evidence: 1 model has fewer than 2 checkpoints." in map(str, selection.notes)


def test_all_checkpoints_are_evidence_on_request() -> None:
    assert len(select_evidence(ladder(), choice=ALL).table.checkpoints) == 4


def test_scores_that_only_earlier_checkpoints_have_are_counted() -> None:
    scores = np.array([[0.1, 0.2], [0.3, np.nan]])
    units = [Unit(benchmark="x"), Unit(benchmark="y")]
    table = make_table([checkpoint("a", 1.0), checkpoint("a", 2.0)], units, scores)
    notes = select_evidence(table).notes
    assert any("1 score of units that were measured only at earlier" in str(note) for note in notes)


def test_a_phase_is_chosen_by_name() -> None:
    rows = [checkpoint("a", 1.0, phase="stable"), checkpoint("a", 2.0, phase="decay")]
    table = make_table(rows, [Unit(benchmark="x")], np.array([[0.1], [0.2]]))
    selection = select_evidence(table, phases=frozenset({"stable"}))
    assert [c.phase for c in selection.table.checkpoints] == ["stable"]
    with pytest.raises(RefusedError, match="of phase anneal; the records have decay, stable"):
        select_evidence(table, phases=frozenset({"anneal"}))


@pytest.mark.parametrize("text", ["", "first", "mean-last-0", "mean-last-x", "LAST"])
def test_other_choices_are_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="write last, all, mean-last-K"):
        CheckpointChoice.parse(text)
    assert CheckpointChoice.parse("last") == LAST


def test_a_benchmark_of_losses_alone_is_named_and_gives_no_evidence() -> None:
    scores = np.array([[np.nan, 0.2], [np.nan, 0.3]])
    units = [Unit(benchmark="x"), Unit(benchmark="y")]
    table = make_table(
        [checkpoint("a", 1.0), checkpoint("b", 1.0)], units, scores, task_loss=np.ones((2, 2))
    )
    assert str(select_evidence(table).notes[-1]) == (
        "evidence: no score of 1 benchmark, so no forecast: x."
    )
    assert not select_evidence(table.take_units([0])).table.checkpoints


def test_one_run_is_told_what_to_do() -> None:
    run = ladder().take_rows([0, 1, 2])
    (note,) = (note for note in select_evidence(run).notes if "one run" in str(note))
    assert "--checkpoints all to fit its course, or `scalepredict check`" in str(note)
    assert not any("one run" in str(note) for note in select_evidence(run, choice=ALL).notes)
    assert not any("one run" in str(note) for note in select_evidence(ladder()).notes)
