"""How do imported scores become rows of the record format?"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scalepredict.records.formats.plausible import check_range
from scalepredict.records.formats.record_columns import KNOWN, NUMBERS, SIZES, TEXTS
from scalepredict.records.formats.rows import Rows, Texts
from scalepredict.records.importers.collect import Collected
from scalepredict.records.importers.harness.interface import ImportedScore
from scalepredict.records.importers.sidecar import Resolved
from scalepredict.records.table import Floats, Ints


def as_rows(collected: Collected) -> Rows:
    """The scores as columns of the record format, sorted by model, scale and task.

    Raises:
        RecordError: A size or a step cannot be; its file and line are named.
    """
    placed, checkpoints = collected.placed, collected.checkpoints
    scores = [p.score for p in placed]
    # One entry for each score of a file, which becomes one row or one for each question.
    of_score = np.repeat(np.arange(len(placed)), [score.n_records for score in scores])
    task = _text(np.concatenate([_task_names(score) for score in scores]))
    benchmark = _text([score.benchmark for score in scores])[of_score]
    rank = np.array(_rank(checkpoints))[[p.checkpoint for p in placed]][of_score]
    order = np.lexsort((task.codes, benchmark.codes, rank))
    of_score = of_score[order]
    of_checkpoint = np.array([p.checkpoint for p in placed], dtype=np.intp)[of_score]
    source, sources = pd.factorize(np.array([score.source for score in scores], object)[of_score])
    texts = {
        "model": _text([one.model for one in checkpoints])[of_checkpoint],
        "family": _text([one.family for one in checkpoints])[of_checkpoint],
        "lab": _text([one.lab for one in checkpoints])[of_checkpoint],
        "kind": _text([one.kind for one in checkpoints])[of_checkpoint],
        "phase": _text([one.phase for one in checkpoints])[of_checkpoint],
        "role": _text([one.role for one in checkpoints])[of_checkpoint],
        "benchmark": benchmark[order],
        "task": task[order],
        "metric": _text(
            [
                score.metric if score.filter == "none" else f"{score.metric},{score.filter}"
                for score in scores
            ]
        )[of_score],
        "variant": _text([score.variant for score in scores])[of_score],
    }
    numbers = {
        **{
            name: _number(one.sizes.get(name) for one in checkpoints)[of_checkpoint]
            for name in (*SIZES, "step", "seed")
        },
        "loss": _number(one.loss for one in checkpoints)[of_checkpoint],
        **{
            name: _number(getattr(score, name) for score in scores)[of_score]
            for name in ("shots", "task_loss", "stderr", "chance")
        },
        "score": np.concatenate([_values(score) for score in scores])[order],
        "n_items": _number(score.n_items if score.questions is None else 1.0 for score in scores)[
            of_score
        ],
    }
    rows = Rows(
        sources=tuple(sources),
        word=("line",) * len(sources),
        source=source.astype(np.intp),
        lines=np.concatenate([_lines(score) for score in scores])[order],
        texts={
            name: texts[name] for name in TEXTS if name in texts and (texts[name].codes >= 0).any()
        },
        numbers={
            name: numbers[name]
            for name in NUMBERS
            if name in numbers and not np.isnan(numbers[name]).all()
        },
    )
    for name in (*SIZES, "step"):
        check_range(rows, name)
    return rows


def _task_names(score: ImportedScore) -> NDArray[np.object_]:
    if score.questions is None:
        return np.array([score.task], dtype=object)
    names = score.questions.names
    return np.asarray(f"{score.task}/" + names) if score.task else names


def _values(score: ImportedScore) -> Floats:
    return np.array([score.score]) if score.questions is None else score.questions.scores


def _lines(score: ImportedScore) -> Ints:
    return np.array([score.line or 1]) if score.questions is None else score.questions.lines


def frame_of(rows: Rows) -> pd.DataFrame:
    """The rows as a frame that reads back; whole numbers have no point."""
    columns: dict[str, object] = {}
    for name in KNOWN:  # what no row has is not written
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


def _text(values: Sequence[str] | NDArray[np.object_]) -> Texts:
    codes, names = pd.factorize(np.asarray(values, dtype=object), sort=True)
    try:
        "".join(names).encode()
    except UnicodeEncodeError:  # JSON may hold half a character, which no file of text can
        return _text([str(v).encode(errors="backslashreplace").decode() for v in values])
    missing = len(names) > 0 and names[0] == ""  # it sorts first
    column: Texts = pd.Categorical.from_codes(codes - missing, pd.Index(names[missing:]))
    return column


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
