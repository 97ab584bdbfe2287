"""Notes are values: a code that is known, a level, a subject and a sentence."""

import pytest

from scalepredict.records.notes import CODES, Level, Note, told, without


def test_a_code_that_no_list_explains_is_refused() -> None:
    with pytest.raises(ValueError, match="'odd' is no code"):
        Note(code="odd", level=Level.NOTE, subject="", text="Something is odd.")
    with pytest.raises(ValueError, match="loud"):
        Note(code="told", level="loud", subject="", text="Something is odd.")


def test_every_code_has_a_meaning_in_a_sentence() -> None:
    assert all(meaning.endswith(".") and code == code.lower() for code, meaning in CODES.items())


def test_sentences_without_a_code_become_notes_that_read_the_same() -> None:
    notes = told(["One.", "Two."])
    assert [str(note) for note in notes] == ["One.", "Two."]
    assert without(notes, ["told"]) == ()
    assert without(notes, ["other"]) == notes
