"""How is a file of rows read block by block, when it is larger than memory?"""

from collections.abc import Iterator

from scalepredict.errors import RecordError
from scalepredict.records.formats.csv_file import delimited_blocks
from scalepredict.records.formats.json_lines import json_blocks, json_names
from scalepredict.records.formats.layout import read_layout
from scalepredict.records.formats.parquet_file import parquet_blocks, parquet_names
from scalepredict.records.formats.rows import FileRows
from scalepredict.records.formats.sources import Form, Source

_READERS = {
    Form.DELIMITED: delimited_blocks,
    Form.JSON_LINES: json_blocks,
    Form.PARQUET: parquet_blocks,
}


def blocks(source: Source, *, percent: bool) -> Iterator[FileRows]:
    """The blocks of rows of a file, one after the other.

    Raises:
        RecordError: The file is of a form without rows, or not understood.
    """
    form = source.form()
    if form not in _READERS:
        raise RecordError(
            f"{source.name}: graded answers are read from CSV, JSONL and Parquet, not from "
            f"{form.value}."
        )
    return _READERS[form](source, percent=percent)


def column_names(source: Source) -> list[str]:
    """Names of the columns of a file of rows; none of a file of another form."""
    form = source.form()
    if form is Form.DELIMITED:
        return list(read_layout(source, "line").header)
    if form is Form.JSON_LINES:
        return json_names(source)
    return parquet_names(source) if form is Form.PARQUET else []
