"""Do params leave out embeddings? Rarely recorded, and it decides how far apart small models lie.

    P(omega) ~ prior(omega) * likelihood of all informative benchmarks on the index at
    N + omega N^(1/3)

Leaving out embeddings bends the loss index at its lower end, and so does much else: scores that
follow log C, or lie half way between, look the same. These are rivals with a prior of their own,
and what speaks for them speaks for params as they are.

Source: Bayes' rule over a few readings; size of embeddings by Pearce and Song (2024, arXiv
    2406.12907).
Fails when: tokens or recipes differ along the ladder in a way that bends the curves alike.
"""

import numpy as np
from scipy.special import softmax

from scalepredict.predictors.loss.index import (
    EMBEDDING,
    Placed,
    compute_index,
    mean_index,
    published_index,
)
from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.predictors.stack.hierarchical import CurveSetting, fit_curves, recency
from scalepredict.predictors.stack.informative import informative
from scalepredict.predictors.stack.shrinkage import Shrinkage
from scalepredict.records.notes import Note, noted

EMBEDDINGS = (0, 1, 2)  # left out of params: none, one, or that of the inputs and of the outputs
PRIOR = (0.5, 0.15, 0.15, 0.1, 0.1)  # of those, then of half way to log C, and of log C
LIKELY = 0.95  # probability from which the user is told that params are taken otherwise


def embedding_readings(scale: Scale) -> tuple[Placed, ...]:
    """The published index with each of EMBEDDINGS added to params."""
    return tuple(published_index(scale, embedding=omega * EMBEDDING) for omega in EMBEDDINGS)


def embedding_shares(ladder: Ladder, shrinkage: Shrinkage) -> tuple[float, ...]:
    """Probabilities of EMBEDDINGS, summing to 1; the rivals' count for none."""
    readings = embedding_readings(ladder.scale)
    compute = compute_index(ladder.scale)
    rivals = (mean_index([readings[0], compute], [0.5, 0.5]), compute)
    weight = recency(readings[0].x, ladder.scale.flops, np.isfinite(ladder.scores))
    settings = [
        CurveSetting(x=placed.x, weight=weight, gompertz=gompertz)
        for placed in (*readings, *rivals)
        for gompertz in (False, True)
    ]
    fitted = fit_curves(
        settings,
        ladder.scores,
        n_items=ladder.n_items,
        floor=ladder.floor(),
        shrinkage=shrinkage,
    )
    telling = informative(np.log10(ladder.scale.flops), ladder.scores, ladder.n_items)
    quality = np.array([c.log_likelihood(weight, shrinkage)[telling].sum() for c in fitted])
    likelihood = quality.reshape(len(PRIOR), 2).mean(axis=1)
    each = softmax(likelihood + np.log(PRIOR))
    left_out = each[1 : len(EMBEDDINGS)].tolist()
    return (1 - sum(left_out), *left_out)


def embedding_notes(shares: tuple[float, ...]) -> tuple[Note, ...]:
    """What the user must know, where params are taken otherwise than recorded."""
    if 1 - shares[0] < LIKELY:
        return ()
    text = (
        "params seem to leave out embeddings: the scores fit better with them added "
        f"(probability {1 - shares[0]:.0%})."
    )
    return (noted("embeddings-added", text),)
