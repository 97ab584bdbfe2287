"""Evaluations under several settings are columns apart, named by what differs."""

from dataclasses import replace

from scalepredict.records.importers.choose import Placed
from scalepredict.records.importers.harness.interface import ImportedScore, Subject
from scalepredict.records.importers.variants import split_variants, unequal_items

MODELS = ["a", "b", "c"]


def score(source: str, **changes: object) -> ImportedScore:
    made = ImportedScore(
        subject=Subject(label="a"), benchmark="mmlu", metric="acc", score=0.5, source=source
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def settings(chat: str) -> tuple[tuple[str, str], ...]:
    return (("chat-template", chat),)


def test_settings_that_differ_name_the_columns_and_are_told() -> None:
    placed = [
        Placed(0, score("a.json", settings=settings("no"))),
        Placed(1, score("b.json", settings=settings("yes"))),
        Placed(2, score("c.json", settings=settings("no"))),
    ]
    apart, notes, loose = split_variants(placed, MODELS, frozenset())
    assert [p.score.variant for p in apart] == [
        "no chat template",
        "chat template",
        "no chat template",
    ]
    assert [p.checkpoint for p in apart] == [0, 1, 2]
    (note,) = notes
    assert note.subject == "mmlu"
    assert note.text.startswith("chat template is 'no' for a (a.json) and 'yes' for b (b.json);")
    assert "--ignore-key chat-template" in note.text
    assert loose == []


def test_a_setting_that_is_ignored_is_told_as_one_column() -> None:
    placed = [
        Placed(0, score("a.json", version="1")),
        Placed(1, score("b.json", version="2")),
    ]
    apart, notes, loose = split_variants(placed, MODELS, frozenset({"version"}))
    assert [p.score.variant for p in apart] == ["", ""]
    assert notes == []
    assert [note.text for note in loose] == ["version differs between models (2 values)."]


def test_shots_differ_in_a_column_of_their_own() -> None:
    placed = [Placed(0, score("a.json", shots=0)), Placed(1, score("b.json", shots=5))]
    apart, notes, _ = split_variants(placed, MODELS, frozenset())
    assert [p.score.variant for p in apart] == ["", ""]
    assert "--shots chooses" in notes[0].text


def test_what_is_not_said_contradicts_nothing_and_tasks_may_differ_among_themselves() -> None:
    tasks = [
        Placed(i, score(f"{m}.json", task=task, version=version))
        for i, m in enumerate(MODELS)
        for task, version in (("law", "1"), ("anatomy", "2"))
    ]
    unsaid = Placed(0, score("d.json", task="law"))
    apart, notes, _ = split_variants([*tasks, unsaid], MODELS, frozenset())
    assert {p.score.variant for p in apart} == {""}
    assert notes == []


def test_two_settings_that_go_together_name_a_column_once() -> None:
    placed = [
        Placed(0, score("a.json", version="1", digest="aaaaaaaaaaaa")),
        Placed(1, score("b.json", version="2", digest="bbbbbbbbbbbb")),
    ]
    apart, notes, _ = split_variants(placed, MODELS, frozenset())
    assert [p.score.variant for p in apart] == ["version 1", "version 2"]
    assert len(notes) == 2


def test_unequal_numbers_of_questions_are_told() -> None:
    placed = [
        Placed(0, score("a.json", n_items=100.0)),
        Placed(1, score("b.json", n_items=90.0)),
        Placed(1, score("b.json", n_items=7.0, benchmark="arc")),
        Placed(0, score("a.json", n_items=7.0, benchmark="arc")),
        Placed(0, score("a.json", benchmark="piqa")),
    ]
    (note,) = unequal_items(placed)
    assert (note.subject, note.text) == (
        "mmlu",
        "number of items differs between models (2 values).",
    )
