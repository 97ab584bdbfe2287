"""Notes are values: a code that is known, a level, a subject and a sentence."""

import ast
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import pytest

from scalepredict.errors import RefusedError
from scalepredict.records.notes import (
    CODES,
    TOLD,
    Level,
    Note,
    check_codes,
    heard,
    noted,
    told,
    without,
)

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("records", "predictors", "evaluation", "cli")


def test_a_code_that_no_list_explains_is_refused() -> None:
    with pytest.raises(ValueError, match="'odd' is no code"):
        Note(code="odd", level=Level.NOTE, subject="", text="Something is odd.")
    with pytest.raises(ValueError, match="loud"):
        Note(code="told", level="loud", subject="", text="Something is odd.")


def test_every_code_has_a_meaning_in_a_sentence() -> None:
    for code, kind in CODES.items():
        assert kind.meaning.endswith("."), code
        assert code == code.lower(), code


def test_sentences_without_a_code_become_notes_that_read_the_same() -> None:
    known = noted("flops-derived", "Three.")
    notes = told(["One.", "Two.", known])
    assert [str(note) for note in notes] == ["One.", "Two.", "Three."]
    assert without(notes, ["told"]) == (known,)
    assert without(notes, ["other-files"]) == notes


def test_a_note_reads_subject_first_and_has_the_level_of_its_code() -> None:
    note = noted("few-models", "only 3 models.", subject="pythia")
    assert str(note) == "pythia: only 3 models."
    assert note.document() == {
        "code": "few-models",
        "level": "warning",
        "subject": "pythia",
        "text": "only 3 models.",
    }


def test_an_ignored_code_that_does_not_exist_is_refused_with_the_closest() -> None:
    check_codes(["few-models"])
    with pytest.raises(RefusedError, match=r"'few-model' is no code of a note \(did you mean"):
        check_codes(["few-model"])


@dataclass(frozen=True)
class Inner:
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Outer:
    inner: Inner
    by_column: tuple[tuple[Note, ...], ...]
    numbers: tuple[int, ...] = (1, 2)


def test_ignored_notes_vanish_wherever_a_result_holds_them_and_the_rest_stays() -> None:
    flat, few = noted("flat", "flat."), noted("few-models", "few.")
    result = Outer(Inner((flat, few)), ((flat,), (few, flat)))
    assert heard(result, ("flat",)) == Outer(Inner((few,)), ((), (few,)))
    assert heard(result, ("noisy",)) is result


def made_codes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "noted":
                    continue
                code = node.args[0]
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                if isinstance(code, ast.Constant):
                    found.setdefault(str(code.value), []).append(where)
                else:  # a variable, whose values are texts of the same file
                    known = {TOLD} | {
                        n.value
                        for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                        if isinstance(n, ast.Constant) and n.value in CODES
                    }
                    assert len(known) > 1, f"{where}: noted() of a code that nothing names"
                    for each in known:
                        found.setdefault(str(each), []).append(where)
    return found


def test_every_code_that_is_made_is_listed_and_every_listed_one_is_made() -> None:
    made = made_codes()
    assert set(made) - set(CODES) == set(), made
    elsewhere = made_codes_outside_the_list()
    assert set(CODES) - elsewhere - {TOLD} == set()


def made_codes_outside_the_list() -> set[str]:
    listing = str(Path("records") / "notes.py")
    return {
        code
        for code, places in made_codes().items()
        if any(not place.startswith(listing) for place in places)
    }


def test_the_page_of_all_codes_is_current() -> None:
    script = ROOT / "benchmarks" / "project" / "notes_page.py"
    spec = importlib.util.spec_from_file_location("notes_page", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hint = "run: python benchmarks/project/notes_page.py"
    assert (ROOT / "docs" / "notes.md").read_text(encoding="utf-8") == module.notes_page(), hint
