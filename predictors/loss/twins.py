"""How far do runs of one size differ? What parameters and tokens do not fix: width, depth, luck.

A law of N and D, or of C along the front, forecasts one loss for all models of a size. Runs of the
ladder that share their size (params within 15 %, tokens within 10 %) tell how far single models lie
above the best of them: of the architectures of gemstones, on average 2 %, wide and shallow ones.
"""

import numpy as np

from scalepredict.predictors.loss.members import Sizes
from scalepredict.records.table import Floats

SAME_PARAMS, SAME_TOKENS = 1.15, 1.10
FEWEST = 4  # runs with a twin; two may be a slip of one
MOST = 256  # runs that are looked at, the largest


def above_twins(sizes: Sizes, loss: Floats) -> Floats:
    """Root mean square of log L over the least of the same size, 0 with too few such runs. (T,).

    Args:
        sizes: Of the M runs.
        loss: Losses, NaN = not measured. Shape (T, M).
    """
    top = np.argsort(-sizes.flops, kind="stable")[:MOST]
    params, tokens, logs = sizes.params[top], sizes.tokens[top], np.log(loss[:, top])
    alike = np.abs(params[:, None] - params) < np.log(SAME_PARAMS)
    alike &= np.abs(tokens[:, None] - tokens) < np.log(SAME_TOKENS)
    measured = np.isfinite(logs)
    pairs = alike & measured[:, None, :] & measured[:, :, None]  # (T, M, M)
    twin = pairs.sum(axis=2) > 1
    least = np.where(pairs, logs[:, None, :], np.inf).min(axis=2)
    above = np.where(twin, logs - np.where(twin, least, 0.0), 0.0)
    count = twin.sum(axis=1)
    result: Floats = np.where(
        count >= FEWEST, np.sqrt((above**2).sum(axis=1) / np.maximum(count, 1)), 0.0
    )
    return result
