"""Which rows are one run? Seeds make runs of their own; what all runs share can be said once."""

import numpy as np
import pandas as pd

from scalepredict.errors import RecordError
from scalepredict.records.formats.rows import Rows
from scalepredict.records.text.counts import format_count


def told_apart_by_seed(rows: Rows) -> tuple[Rows, tuple[str, ...]]:
    """Give each seed of a model a name of its own: repeats of a run are runs.

    Returns:
        The rows, and the models that have several seeds.
    """
    if "seed" not in rows.numbers or np.isnan(rows.numbers["seed"]).all():
        return rows, ()
    model, seed = rows.text("model"), rows.numbers["seed"]
    values, seed_of = np.unique(seed, return_inverse=True)  # NaN, last, is a value too
    width = len(values)
    found = np.unique(model.codes.astype(np.int64) * width + seed_of)
    several = np.bincount(found // width, minlength=len(model.categories)) > 1
    if not several.any():
        return rows, ()
    names = [str(name) for name in model.categories]
    code = np.where(several[model.codes], model.codes * width + seed_of, -1 - model.codes)
    kinds, code_of = np.unique(code, return_inverse=True)
    told = [
        names[-1 - k] if k < 0 else f"{names[k // width]}, seed {_seed(values[k % width])}"
        for k in kinds.tolist()
    ]
    renamed = pd.Categorical.from_codes(code_of, categories=pd.Index(told, dtype=str))
    models = tuple(name for name, many in zip(names, several, strict=True) if many)
    return rows.with_texts({"model": renamed}), models


def with_same_tokens(rows: Rows, tokens: float | None) -> tuple[Rows, int]:
    """The rows with these tokens where neither tokens nor FLOPs are recorded.

    Returns:
        The rows, and how many models they are.

    Raises:
        RecordError: Models of unknown tokens have steps: their checkpoints saw different data.
    """
    if tokens is None:
        return rows, 0
    unknown = np.isnan(rows.number("tokens")) & np.isnan(rows.number("flops"))
    steps = np.flatnonzero(unknown & ~np.isnan(rows.number("step")))
    if len(steps):
        row = int(steps[0])
        raise RecordError(
            f"{rows.where(row)}: --tokens {format_count(tokens)} says that all models saw the same "
            f"data, but {rows.text('model')[row]} has a step. Give its tokens in a column."
        )
    filled = np.where(unknown, tokens, rows.number("tokens"))
    n_models = len(np.unique(rows.text("model").codes[unknown]))
    return rows.with_numbers({"tokens": filled}), n_models


def _seed(value: float) -> str:
    return "unknown" if np.isnan(value) else f"{value:g}"
