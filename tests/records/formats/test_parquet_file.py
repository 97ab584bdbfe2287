"""Parquet as pandas and pyarrow write it: any type of a column is the same records as CSV."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats import parquet_file
from scalepredict.records.formats.parquet_file import (
    column_of_arrow,
    parquet_blocks,
    parquet_names,
    read_parquet,
)
from scalepredict.records.formats.sources import Source

N = 6
COLUMNS: dict[str, Any] = {
    "model": [f"m{i}" for i in range(N)],
    "params": [1e9 * (i + 1) for i in range(N)],
    "tokens": [20e9] * N,
    "benchmark": ["arc", "piqa"] * 3,
    "score": [0.1 * (i + 1) for i in range(N)],
}


def source(tmp_path: Path, table: pa.Table, **options: Any) -> Source:
    path = tmp_path / "r.parquet"
    pq.write_table(table, path, **options)
    return Source(name="r.parquet", path=path)


def scores(tmp_path: Path, table: pa.Table, **options: Any) -> list[tuple[str, str, float]]:
    rows = read_parquet(source(tmp_path, table, **options), percent=False).rows
    texts = rows.texts
    return list(
        zip(texts["model"], texts["benchmark"], map(float, rows.numbers["score"]), strict=True)
    )


EXPECTED = list(zip(COLUMNS["model"], COLUMNS["benchmark"], COLUMNS["score"], strict=True))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("benchmark", pa.large_string()),
        ("benchmark", pa.dictionary(pa.int8(), pa.string())),
        ("model", pa.dictionary(pa.int32(), pa.large_string())),
        ("params", pa.int64()),
        ("params", pa.decimal128(20, 2)),
        ("params", pa.string()),
        ("tokens", pa.float32()),
    ],
    ids=str,
)
def test_a_column_of_any_type_says_the_same(tmp_path: Path, name: str, kind: pa.DataType) -> None:
    table = pa.table(COLUMNS)
    place = table.schema.get_field_index(name)
    assert scores(tmp_path, table.set_column(place, name, table[name].cast(kind))) == EXPECTED


def test_what_pandas_writes_with_categories_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame(COLUMNS).astype({"benchmark": "category", "model": "category"})
    path = tmp_path / "r.parquet"
    frame.to_parquet(path, index=False)
    rows = read_parquet(Source(name="r", path=path), percent=False).rows
    assert list(rows.texts["benchmark"]) == COLUMNS["benchmark"]


def test_rows_are_counted_through_row_groups_and_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = source(tmp_path, pa.table(COLUMNS), row_group_size=4)
    assert read_parquet(file, percent=False).rows.lines.tolist() == [1, 2, 3, 4, 5, 6]
    monkeypatch.setattr(parquet_file, "_BATCH", 2)
    blocks = list(parquet_blocks(file, percent=False))
    assert [block.rows.lines.tolist() for block in blocks] == [[1, 2], [3, 4], [5, 6]]
    assert read_parquet(file, percent=False).rows.lines.tolist() == [1, 2, 3, 4, 5, 6]


def test_a_missing_value_is_no_score_and_no_text(tmp_path: Path) -> None:
    table = pa.table({**COLUMNS, "task": ["t", None] * 3, "n_items": [100, None] * 3})
    rows = read_parquet(source(tmp_path, table), percent=False).rows
    assert [None if pd.isna(task) else task for task in rows.texts["task"]] == ["t", None] * 3
    assert np.isnan(rows.numbers["n_items"]).tolist() == [False, True] * 3


def test_a_column_of_true_and_false_is_text() -> None:
    column = column_of_arrow(pa.array([True, False, None]))
    assert [None if pd.isna(c) else c for c in column] == ["true", "false", None]


def test_a_column_of_lists_is_no_records_and_stops_nothing(tmp_path: Path) -> None:
    table = pa.table({**COLUMNS, "logprobs": [[0.1, 0.2]] * N})
    assert scores(tmp_path, table) == EXPECTED


def test_a_fault_is_named_with_its_row(tmp_path: Path) -> None:
    table = pa.table({**COLUMNS, "params": ["1B", "2B", "big", "1B", "1B", "1B"]})
    with pytest.raises(RecordError, match=r"r.parquet, row 3: .*'big'"):
        read_parquet(source(tmp_path, table), percent=False)


def test_columns_without_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"r.parquet: columns and no rows; nothing to read"):
        read_parquet(source(tmp_path, pa.table(COLUMNS).slice(0, 0)), percent=False)


def test_a_damaged_file_is_refused_and_has_no_columns(tmp_path: Path) -> None:
    file = source(tmp_path, pa.table(COLUMNS))
    assert parquet_names(file) == list(COLUMNS)
    assert file.path is not None
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordError, match=r"r.parquet: damaged or unsupported Parquet"):
        read_parquet(file, percent=False)
    assert parquet_names(file) == []


def test_without_pyarrow_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = source(tmp_path, pa.table(COLUMNS))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(RecordError, match=r"install scalepredict\[parquet\], or convert the file"):
        read_parquet(file, percent=False)
