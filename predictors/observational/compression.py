"""How well does a model compress? Its loss as one more column of the capability space.

    compression = (high - loss) / (high - low),    0.5 at the least loss of the evidence, 0 at its
                                                   largest

Source: Huang, Zhang, Shan & He (2024, arXiv 2404.09937): scores of public models are near linear in
    bits per character; this is linear in bits per byte, too, if all share a tokeniser.
Gains where a target is known by some of its scores: benchmarks of runs up to 64x larger than the
    evidence were forecast with 24 to 53 % less error (benchmarks/questions/compression.py). The
    loss alone says less than compute does, and is not used.
"""

from dataclasses import replace

import numpy as np

from scalepredict.records.table import EvalTable, Floats, Unit

UNIT = Unit(benchmark="compression (loss)")
FEWEST_MODELS = 10
LEAST_SHARE = 0.5  # of the models: fewer would be another selection of them
CLIP = (0.005, 0.995)


def loss_range(table: EvalTable) -> Floats | None:
    """Losses where compression is 1 and 0, shape (2,); None if too few models have one."""
    known = table.loss[np.isfinite(table.loss)]
    if len(known) < max(FEWEST_MODELS, LEAST_SHARE * len(table.checkpoints)):
        return None
    low, high = float(known.min()), float(known.max())
    return np.array([2 * low - high, high]) if high > low else None


def compression(table: EvalTable, ends: Floats) -> Floats:
    """Of each checkpoint, NaN without a loss. Shape (M,)."""
    result: Floats = np.clip((ends[1] - table.loss) / (ends[1] - ends[0]), *CLIP)
    return result


def with_compression(table: EvalTable, ends: Floats) -> EvalTable:
    """The table with compression as its last unit."""
    empty = np.full((len(table.checkpoints), 1), np.nan)
    return replace(
        table,
        units=(*table.units, UNIT),
        scores=np.hstack([table.scores, compression(table, ends)[:, None]]),
        n_items=np.hstack([table.n_items, empty]),
        stderr=np.hstack([table.stderr, empty]),
        task_loss=np.hstack([table.task_loss, empty]),
    )
