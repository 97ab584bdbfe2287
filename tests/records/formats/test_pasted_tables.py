"""Tables of Markdown and of workbooks become CSV whose lines keep their numbers."""

from datetime import date
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.pasted_tables import (
    from_markdown,
    from_spreadsheet,
    is_markdown_table,
)
from scalepredict.records.formats.sources import Source

PAGE = """# Results

| model | **MMLU** |
|:------|---------:|
| [a](http://x) | `0.5` |
| b\\|c | 0.6 |

Another one:

| model | PIQA |
|---|---|
| a | 0.7 |
"""


def csv_of(source: Source) -> list[str]:
    return source.read_whole().decode().splitlines()


def test_the_first_table_of_a_page_is_read_at_its_own_lines(tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text(PAGE)
    made, notes = from_markdown(Source(name="r.md", path=tmp_path / "r.md"))
    lines = csv_of(made)
    assert lines[2] == "model,MMLU"
    assert lines[4:] == ["a,0.5", "b|c,0.6"]
    assert str(notes[0]) == "r.md: the table at line 3 of Markdown is read."
    assert str(notes[1]).startswith("r.md: 1 more of its tables, from line 10 on")


def test_a_table_has_pipes_and_a_rule() -> None:
    assert is_markdown_table("a | b\n--|--\n1 | 2")
    assert not is_markdown_table("a | b\n1 | 2")
    assert not is_markdown_table("title\n-----\ntext")


def test_a_page_without_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text("# Nothing\n")
    with pytest.raises(RecordError, match="Markdown without a table"):
        from_markdown(Source(name="r.md", path=tmp_path / "r.md"))


def test_the_first_sheet_is_read_and_others_are_named(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "scores"
    for row in (["model", "params", "piqa"], ["a\nb", 1e9, 0.5], [date(2026, 1, 2), 12, None]):
        sheet.append(row)
    book.create_sheet("other")
    book.save(tmp_path / "r.xlsx")
    made, notes = from_spreadsheet(Source(name="r.xlsx", path=tmp_path / "r.xlsx"))
    assert csv_of(made) == [
        "model,params,piqa",
        "a b,1000000000,0.5",
        "2026-01-02T00:00:00,12,",
    ]
    assert [str(note) for note in notes] == ["r.xlsx: sheet 'scores' is read; not 'other'."]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(RecordError, match="not a workbook that can be read"):
        from_spreadsheet(Source(name="r.xlsx", path=tmp_path / "r.xlsx"))
