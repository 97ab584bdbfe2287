"""How does a frame of records become a file? CSV or Parquet, as the ending of its name says."""

import io
from pathlib import Path

import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.text.writing import check_place, write_whole

_BLOCK = 100_000  # rows that are text at a time


def check_record_place(path: str | Path) -> None:
    """Refuse early what records could not be written to; devices take CSV.

    Raises:
        RecordError: The name ends in neither ``.csv`` nor ``.parquet``, or pyarrow is missing.
        StorageError: There is no such folder.
    """
    target = Path(path)
    if target.exists() and not target.is_file() and not target.is_dir():
        return
    if target.suffix not in (".csv", ".parquet"):
        raise RecordError(f"{path}: records are written as .csv or .parquet; choose one.")
    check_place(target)
    if target.suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401
        except ImportError as problem:
            raise RecordError(
                f"{path}: Parquet needs pyarrow, which is not installed; install "
                "scalepredict[parquet], or write a .csv file."
            ) from problem


def write_records(path: str | Path, frame: pd.DataFrame) -> None:
    """Write records in one step, to a place that `check_record_place` lets pass."""
    if Path(path).suffix == ".parquet":
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        write_whole(path, buffer.getvalue())
    else:
        starts = range(0, len(frame), _BLOCK) if len(frame) else (0,)
        blocks = (frame.iloc[i : i + _BLOCK] for i in starts)
        write_whole(path, (csv_of(b, header=i == 0).encode() for i, b in enumerate(blocks)))


def csv_of(frame: pd.DataFrame, *, header: bool = True) -> str:
    """Records as CSV; floats are exact.

    Names stay as they are, also one that a spreadsheet would take for a formula (``=x()``).
    """
    return frame.to_csv(index=False, header=header, lineterminator="\n")
