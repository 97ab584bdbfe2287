"""How do imported scores become record rows, and how are those written to a file?"""

import io
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.columns import NUMBERS, TEXTS
from scalepredict.records.importers.collect import Collected
from scalepredict.records.ladder import Resolved
from scalepredict.records.rows import Rows
from scalepredict.records.table import Floats

# The order in which people read them; what no row has is not written.
_ORDER = (
    "model", "family", "params", "tokens", "unique_tokens", "flops", "step", "phase", "role",
    "loss", "benchmark", "task", "metric", "shots", "score", "task_loss", "stderr", "n_items",
    "chance",
)  # fmt: skip


def as_rows(collected: Collected) -> Rows:
    """The scores as columns of the record format, sorted by model, scale and task."""
    rank = _rank(collected.checkpoints)
    in_order = sorted(
        collected.placed, key=lambda p: (rank[p.checkpoint], p.score.benchmark, p.score.task)
    )
    pairs = [(collected.checkpoints[p.checkpoint], p.score) for p in in_order]
    sources = tuple(dict.fromkeys(score.source for _, score in pairs))
    position = {source: i for i, source in enumerate(sources)}
    texts = {
        "model": _text(one.model for one, _ in pairs),
        "family": _text(one.family for one, _ in pairs),
        "phase": _text(one.phase for one, _ in pairs),
        "role": _text(one.role for one, _ in pairs),
        **{
            name: _text(getattr(score, name) for _, score in pairs)
            for name in ("benchmark", "task")
        },
        "metric": _text(
            score.metric if score.filter == "none" else f"{score.metric},{score.filter}"
            for _, score in pairs
        ),
    }
    numbers = {
        **{
            name: _number(one.sizes.get(name) for one, _ in pairs)
            for name in ("params", "tokens", "unique_tokens", "flops", "step")
        },
        "loss": _number(one.loss for one, _ in pairs),
        **{
            name: _number(getattr(score, name) for _, score in pairs)
            for name in ("shots", "score", "task_loss", "stderr", "n_items", "chance")
        },
    }
    return Rows(
        sources=sources,
        word=("line",) * len(sources),
        source=np.array([position[score.source] for _, score in pairs], dtype=np.intp),
        lines=np.array([score.line or 1 for _, score in pairs], dtype=np.intp),
        texts={
            name: texts[name] for name in TEXTS if name in texts and (texts[name].codes >= 0).any()
        },
        numbers={
            name: numbers[name]
            for name in NUMBERS
            if name in numbers and np.isfinite(numbers[name]).any()
        },
    )


def rows_as_csv(rows: Rows) -> bytes:
    """The rows as CSV (UTF-8); floats are exact, whole numbers have no point.

    Names stay as they are, also one that a spreadsheet would take for a formula (``=x()``).
    """
    return _frame(rows).to_csv(index=False, lineterminator="\n").encode()


def rows_as_parquet(rows: Rows) -> bytes:
    """The rows as Parquet.

    Raises:
        RecordError: pyarrow is not installed.
    """
    check_parquet()
    buffer = io.BytesIO()
    _frame(rows).to_parquet(buffer, index=False)
    return buffer.getvalue()


def check_parquet() -> None:
    """Make sure that Parquet can be written.

    Raises:
        RecordError: pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError as problem:
        raise RecordError(
            "Parquet needs pyarrow, which is not installed; install scalepredict[parquet], or "
            "write a .csv file."
        ) from problem


def _frame(rows: Rows) -> pd.DataFrame:
    columns: dict[str, object] = {}
    for name in _ORDER:
        if name in rows.texts:
            columns[name] = rows.texts[name]
        elif name in rows.numbers:
            values = rows.numbers[name]
            finite = values[np.isfinite(values)]
            whole = bool((finite == np.rint(finite)).all() and (np.abs(finite) < 2**53).all())
            columns[name] = (
                pd.Series(values).astype("Int64") if whole and name != "score" else values
            )
    return pd.DataFrame(columns)


def _text(values: Iterable[str]) -> pd.Categorical:
    return pd.Categorical([value or None for value in values])


def _number(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _rank(checkpoints: Sequence[Resolved]) -> list[int]:
    def scale(i: int) -> tuple[object, ...]:
        one = checkpoints[i]
        sizes = (one.sizes.get(name, -1.0) for name in ("params", "tokens", "step"))
        return (one.family, *sizes, one.model)

    rank = [0] * len(checkpoints)
    for position, i in enumerate(sorted(range(len(checkpoints)), key=scale)):
        rank[i] = position
    return rank
