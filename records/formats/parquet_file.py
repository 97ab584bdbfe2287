"""How is a Parquet file read? In batches; text stays dictionary-encoded. Needs pyarrow."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.formats.cells import Column, rows_of_columns
from scalepredict.records.formats.columns import read_headers
from scalepredict.records.formats.rows import FileRows, join_parts
from scalepredict.records.formats.sources import Source

_BATCH = 1 << 20  # rows, as many as writers put into a row group


def read_parquet(source: Source, *, percent: bool) -> FileRows:
    """Read a Parquet file, long or wide.

    Raises:
        RecordError: pyarrow is not installed, or the file or a value is not understood.
    """
    parts = list(parquet_blocks(source, percent=percent))
    if not parts:
        raise RecordError(f"{source.name}: columns and no rows; nothing to read.")
    whole = join_parts(parts)
    parts.clear()
    release_memory()
    return whole


def parquet_blocks(source: Source, *, percent: bool) -> Iterator[FileRows]:
    """The blocks of rows of a Parquet file, one after the other.

    Raises:
        RecordError: As `read_parquet`.
    """
    pa, pq = _engine(source)
    first_row = 1
    with source.open() as stream:
        try:
            file = pq.ParquetFile(stream)
            texts = [f.name for f in file.schema_arrow if _is_text(f.type)]
            file = pq.ParquetFile(stream, metadata=file.metadata, read_dictionary=texts)
            headers = read_headers(source.name, file.schema_arrow.names, percent=percent)
            for batch in file.iter_batches(batch_size=_BATCH):
                lines = np.arange(first_row, first_row + batch.num_rows, dtype=np.int32)
                columns = [column_of_arrow(batch.column(i)) for i in range(batch.num_columns)]
                yield rows_of_columns(source.name, headers, columns, lines, "row")
                first_row += batch.num_rows
        except pa.ArrowException as problem:
            raise RecordError(
                f"{source.name}: damaged or unsupported Parquet ({problem}); write it again."
            ) from problem


def parquet_names(source: Source) -> list[str]:
    """Names of the columns of a Parquet file; none of one that cannot be read."""
    pa, pq = _engine(source)
    with source.open() as stream:
        try:
            return list(pq.ParquetFile(stream).schema_arrow.names)
        except pa.ArrowException:  # whoever reads it says what is wrong
            return []


def release_memory() -> None:
    """Give back what batches took, which pyarrow would keep."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def _engine(source: Source) -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # optional, and slow to import
        import pyarrow.parquet as pq
    except ImportError as problem:
        raise RecordError(
            f"{source.name}: Parquet needs pyarrow, which is not installed; install "
            "scalepredict[parquet], or convert the file to CSV."
        ) from problem
    return pa, pq


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def column_of_arrow(array: Any) -> Column:
    """A column of pyarrow as numbers, or as categorical text."""
    import pyarrow as pa

    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values: Any = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.asarray(values, dtype=float)
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return pd.Categorical(["nested"] * len(array))
    if not (pa.types.is_dictionary(array.type) and _is_text(kind)):
        array = array.cast(pa.string()).dictionary_encode()
    texts: Any = array.to_pandas()
    return pd.Categorical(texts)
