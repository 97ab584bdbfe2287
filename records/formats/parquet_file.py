"""How is a Parquet file read? In batches; text stays dictionary-encoded. Needs pyarrow."""

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
    try:
        import pyarrow as pa  # optional, and slow to import
        import pyarrow.parquet as pq
    except ImportError as problem:
        raise RecordError(
            f"{source.name}: Parquet needs pyarrow, which is not installed; install "
            "scalepredict[parquet], or convert the file to CSV."
        ) from problem
    parts: list[FileRows] = []
    first_row = 1
    with source.open() as stream:
        try:
            file = pq.ParquetFile(stream)
            texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
            file = pq.ParquetFile(stream, metadata=file.metadata, read_dictionary=texts)
            headers = read_headers(source.name, file.schema_arrow.names, percent=percent)
            for batch in file.iter_batches(batch_size=_BATCH):
                lines = np.arange(first_row, first_row + batch.num_rows, dtype=np.int32)
                columns = [_column(batch.column(i)) for i in range(batch.num_columns)]
                parts.append(rows_of_columns(source.name, headers, columns, lines, "row"))
                first_row += batch.num_rows
        except pa.ArrowException as problem:
            raise RecordError(
                f"{source.name}: damaged or unsupported Parquet ({problem}); write it again."
            ) from problem
    if not parts:
        raise RecordError(f"{source.name}: columns and no rows; nothing to read.")
    whole = join_parts(parts)
    parts.clear()
    pa.default_memory_pool().release_unused()  # else it keeps what the batches took
    return whole


def _column(array: Any) -> Column:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values: Any = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.asarray(values, dtype=float)
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return pd.Categorical(["nested"] * len(array))
    if not (pa.types.is_dictionary(array.type) and pa.types.is_string(kind)):
        array = array.cast(pa.string()).dictionary_encode()
    texts: Any = array.to_pandas()
    return pd.Categorical(texts)
