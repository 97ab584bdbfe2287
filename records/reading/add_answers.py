"""Which files hold graded answers, one in each row, and what do they add up to?

Said by an option or by the name of a column; and files that are too large to be held are taken so
if they name questions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.records.formats.blocks import blocks, column_names
from scalepredict.records.formats.columns import holds_answers, read_header
from scalepredict.records.formats.parquet_file import release_memory
from scalepredict.records.formats.rows import FileRows
from scalepredict.records.formats.sources import Form, Source
from scalepredict.records.notes import noted
from scalepredict.records.reading.fold_answers import AnswerFold

LARGE_BYTES = 1 << 30  # of all files together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Added:
    """One row for each checkpoint and question, and what it was made of.

    Attributes:
        part: The rows.
        n_rows: Rows of each file.
        n_empty: Rows without an answer, left out.
    """

    part: FileRows
    n_rows: list[int]
    n_empty: int


def answer_files(sources: Sequence[Source]) -> list[Source]:
    """Those of the files that hold graded answers, by the names of their columns.

    Files of questions are, too, where all files together are too large to be held and their first
    rows are right or wrong, or tell how many answers they stand for.
    """
    size = sum(source.path.stat().st_size for source in sources if source.path is not None)
    found = []
    for source in sources:
        names = column_names(source)
        if holds_answers(names) or (size >= LARGE_BYTES and _grades(source, names)):
            found.append(source)
    return found


def _grades(source: Source, names: Sequence[str]) -> bool:
    columns = {read_header(name).name for name in names}
    if "task" not in columns or columns & {"stderr", "task_loss"}:
        return False
    first = next(blocks(source, percent=False), None)
    if first is None:
        return False
    rows = first.rows
    score = rows.number("score")
    alone = score[np.isnan(rows.number("trials")) & np.isnan(rows.number("n_items"))]
    return bool(np.isin(alone[np.isfinite(alone)], (0.0, 1.0)).all())


def add_answers(sources: Sequence[Source], *, percent: bool) -> Added:
    """Read files block by block, and add up the answers of one checkpoint and question.

    Raises:
        RecordError: A file or a row is not understood; both are named.
    """
    fold, n_rows = AnswerFold(), []
    ignored: dict[str, None] = {}
    for source in sources:
        before = fold.n_rows
        fold.read_from(source.name)
        for block in blocks(source, percent=percent):
            fold.add(block.rows)
            ignored |= dict.fromkeys(block.ignored)
        n_rows.append(fold.n_rows - before)
    if any(source.form() is Form.PARQUET for source in sources):
        release_memory()
    rows = fold.rows()
    text = (
        f"{fold.n_rows:,} rows are graded answers; those of one checkpoint and question are added "
        f"up to {len(rows):,} scores."
    )
    note = noted("answers-added", text)
    part = FileRows(rows=rows, ignored=(*ignored, *fold.left_out), notes=(note,))
    return Added(part=part, n_rows=n_rows, n_empty=fold.n_empty)
