"""Files of rows are read block by block, and other forms are named."""

from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.blocks import blocks, column_names
from scalepredict.records.formats.sources import Source

HEADER = ["model", "benchmark", "task", "score"]


def source(tmp_path: Path, name: str, text: str) -> Source:
    (tmp_path / name).write_text(text)
    return Source(name=name, path=tmp_path / name)


def test_csv_and_jsonl_give_the_same_rows_and_names(tmp_path: Path) -> None:
    csv = source(tmp_path, "a.csv", f"{','.join(HEADER)}\nm,b,q1,1\nm,b,q2,0\n")
    lines = source(
        tmp_path,
        "a.jsonl",
        "".join(
            f'{{"model": "m", "benchmark": "b", "task": "q{i}", "score": {2 - i}}}\n'
            for i in (1, 2)
        ),
    )
    for each in (csv, lines):
        assert column_names(each) == HEADER
        (part,) = blocks(each, percent=False)
        assert list(part.rows.number("score")) == [1.0, 0.0]
        assert list(part.rows.text("task")) == ["q1", "q2"]


def test_another_form_has_no_rows(tmp_path: Path) -> None:
    yaml = source(tmp_path, "a.yaml", "records: []\n")
    assert column_names(yaml) == []
    with pytest.raises(RecordError, match=r"a.yaml: graded answers are read from CSV, .* not from"):
        blocks(yaml, percent=False)
