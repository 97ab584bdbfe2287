"""An import is told in counts: read, not opened, skipped, guessed and unknown."""

from collections.abc import Mapping

from scalepredict.records.importers.account import explanation, gaps, summary
from scalepredict.records.importers.choose import Placed
from scalepredict.records.importers.collect import Collected
from scalepredict.records.importers.harness.interface import ImportedScore, Subject
from scalepredict.records.importers.sidecar import Resolved
from scalepredict.records.notes import noted


def checkpoint(model: str, sizes: Mapping[str, float], origin: Mapping[str, str]) -> Resolved:
    return Resolved(
        label=model,
        model=model,
        family="",
        sizes=sizes,
        origin=origin,
        params_kind="non_embedding" if model == "c" else "total",
        phase="",
        role="",
    )


def collected() -> Collected:
    score = ImportedScore(
        subject=Subject(label="a"), benchmark="arc", metric="acc", score=0.5, source="f"
    )
    return Collected(
        checkpoints=(
            checkpoint("a", {"params": 1e9, "tokens": 2e10}, {"params": "file", "tokens": "name"}),
            checkpoint("b", {"params": 2e9}, {"params": "ladder", "model": "name"}),
            checkpoint("c", {"tokens": 1e9}, {"tokens": "revision"}),
        ),
        placed=(Placed(0, score), Placed(1, score)),
        kinds={"lm-eval": 2, "olmes": 1},
        skipped_files=tuple((f"x{i}.json", "not JSON") for i in range(10)),
        passed_over={"not a result": 4},
        left_out={"acc is no number": 3, "an average, whose tasks are read themselves": 5},
        notes=(noted("metric-taken", "acc taken."),),
        warnings=(),
    )


def test_the_summary_counts_what_was_read_and_what_was_not() -> None:
    notes = summary(collected())
    texts = [note.text for note in notes]
    assert texts[0] == (
        "read 3 files (2 lm-eval, 1 olmes): 3 models, 3 checkpoints, 1 benchmark, 2 scores."
    )
    assert texts[1] == "not opened: 4 files: not a result."
    assert texts[2] == "skipped x0.json, x1.json, x2.json and 7 more: not JSON"
    assert not any("skipped" in text for text in texts[3:])
    assert "left out 3 values: acc is no number." in texts
    assert "acc taken." in texts
    by_code = {note.code: note.text for note in notes}
    assert by_code["steps-in-names"].startswith("taken as runs, with the steps in the names of")
    assert "b" in by_code["steps-in-names"]
    assert by_code["size-guessed"].startswith("tokens guessed from the name for a;")
    assert [n.text.split(":")[0] for n in notes if n.code == "size-unknown"] == [
        "params unknown for c",
        "tokens unknown for b",
    ]


def test_every_size_says_where_it_came_from() -> None:
    a, b, c = explanation(collected())
    assert a == "  a: params 1B (from the file), tokens 20B (guessed from the name)"
    assert b == "  b: params 2B (from the ladder), tokens unknown"
    assert c == "  c: tokens 1B (from the revision), params unknown [non-embedding params]"


def test_a_strict_import_names_skips_guesses_and_unknown_sizes() -> None:
    found = gaps(collected())
    assert "x9.json was skipped: not JSON" in found
    assert "3 values left out: acc is no number" in found
    assert not any("read themselves" in gap for gap in found)  # nothing is lost
    assert found[-3:] == (
        "params unknown for c",
        "tokens unknown for b",
        "tokens guessed from the name for a",
    )
