"""Where the header of a text table is: below titles, above units, between any delimiters."""

from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.layout import Layout, read_layout
from scalepredict.records.formats.sources import Source


def layout(tmp_path: Path, text: str) -> Layout:
    path = tmp_path / "t.csv"
    path.write_text(text)
    return read_layout(Source(name="t.csv", path=path), "line")


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_what_parts_the_header(tmp_path: Path, delimiter: str) -> None:
    text = delimiter.join(["model", "params", "piqa"]) + "\n" + delimiter.join(["a", "1,5B", "0,5"])
    found = layout(tmp_path, text)
    assert (found.delimiter, found.header) == (delimiter, ("model", "params", "piqa"))
    assert (found.line, found.skip, found.notes) == (1, (), ())


def test_titles_above_the_header_are_left_out_with_a_note(tmp_path: Path) -> None:
    found = layout(tmp_path, "Results,,\n2026-01-01,,\nmodel,params,piqa\na,1B,0.5\n")
    assert (found.line, found.skip, found.skipped) == (3, (0, 1), 2)
    assert [note.code for note in found.notes] == ["header-found"]
    assert str(found.notes[0]).startswith("t.csv: line 3 is the header")


def test_a_line_of_units_is_read_with_the_header(tmp_path: Path) -> None:
    found = layout(tmp_path, "model,params,tokens,piqa\n,(B),billions,%\na,1,20,50\n")
    assert found.header == ("model", "params (B)", "tokens (billions)", "piqa (%)")
    assert (found.line, found.skip) == (1, (1,))
    assert [note.code for note in found.notes] == ["units-read"]


@pytest.mark.parametrize("below", ["a,1,20,50", ",,,", "a,(B),billions,%", ",1,20,50"])
def test_a_row_is_no_line_of_units(tmp_path: Path, below: str) -> None:
    assert layout(tmp_path, f"model,params,tokens,piqa\n{below}\n").skip == ()


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"t.csv, line 1: no header"):
        layout(tmp_path, "\n\n")
