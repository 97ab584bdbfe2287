"""Evidence is the last checkpoint of each model; what is left out is counted."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.records.evidence import (
    ALL,
    LAST,
    CheckpointChoice,
    select_evidence,
    why_no_evidence,
)
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


@pytest.mark.parametrize(
    ("text", "last", "pooled"),
    [
        ("last", 1, False),
        ("all", None, False),
        ("mean-last-1", 1, False),
        ("mean-last-12", 12, False),
        ("pool-last-3", 3, True),
    ],
)
def test_a_choice_of_checkpoints_is_read(text: str, last: int | None, pooled: bool) -> None:
    assert CheckpointChoice.parse(text) == CheckpointChoice(last=last, pooled=pooled)


def test_the_order_of_rows_chooses_the_same_checkpoints() -> None:
    plain = select_evidence(ladder())
    order = [6, 3, 1, 0, 5, 2, 4]
    shuffled = select_evidence(ladder().take_rows(order))
    assert set(shuffled.table.checkpoints) == set(plain.table.checkpoints)
    assert set(map(str, shuffled.notes)) == set(map(str, plain.notes))


def test_models_of_one_name_in_two_families_are_two() -> None:
    rows = [checkpoint("a", 1.0, family=f) for f in ("f", "g")]
    table = make_table(rows, [Unit(benchmark="x")], np.array([[0.1], [0.2]]))
    assert len(select_evidence(table).table.checkpoints) == 2


def test_where_compute_is_not_needed_models_without_it_are_evidence_too() -> None:
    selection = select_evidence(ladder(), needs_compute=False)
    assert [c.model for c in selection.table.checkpoints] == ["a", "b", "closed"]


def test_a_mean_is_over_the_scores_that_were_measured() -> None:
    scores = np.array([[0.1, np.nan], [0.3, 0.5]])
    units = [Unit(benchmark="x"), Unit(benchmark="y")]
    items = np.array([[100.0, np.nan], [100.0, 50.0]])
    table = make_table([checkpoint("a", 1.0), checkpoint("a", 2.0)], units, scores, n_items=items)
    found = select_evidence(table, choice=CheckpointChoice(last=2)).table
    assert found.scores[0] == pytest.approx([0.2, 0.5])
    assert found.n_items[0].tolist() == [100, 50]  # the same questions, asked twice


def test_of_checkpoints_at_one_place_the_later_step_and_then_the_phase_is_the_last() -> None:
    rows = [
        checkpoint("a", 1.0, step=2.0, phase="decay"),
        checkpoint("a", 1.0, step=2.0, phase="anneal"),
        checkpoint("a", 1.0, step=1.0, phase="stable"),
    ]
    table = make_table(rows, [Unit(benchmark="x")], np.array([[0.3], [0.2], [0.1]]))
    (last,) = select_evidence(table).table.checkpoints
    assert last.phase == "decay"


def test_why_nothing_can_be_fitted_is_said_with_counts_and_advice() -> None:
    bare = make_table(
        [Checkpoint(model="a", params=1e9), Checkpoint(model="b", role="holdout")],
        [Unit(benchmark="x")],
        np.array([[0.1], [0.2]]),
    )
    said = why_no_evidence(bare)
    assert "none of 2 checkpoints can be fitted (1 without params, 2 without tokens" in said
    assert "1 of a role that is not fitted" in said
    assert "say how much: --tokens 1T" in said
    unscored = make_table([checkpoint("a", 1.0)], [Unit(benchmark="x")], np.array([[np.nan]]))
    assert "(none has a score)" in why_no_evidence(unscored)
    assert "--tokens" not in why_no_evidence(unscored)
