"""The index: the same effective decades in fit and forecast, and decades of FLOPs near the top."""

import numpy as np

from scalepredict.predictors.loss.index import (
    EMBEDDING,
    HOFFMANN,
    Placed,
    compute_index,
    mean_index,
    own_index,
    published_index,
)
from scalepredict.predictors.scale.scale_evidence import Scale

# The most FLOPs (the third) and the least published loss (the last) are not in one model.
PARAMS = np.array([7e7, 1.6e8, 2e8, 1e9, 2.8e9])
TOKENS = np.array([3e11, 5e10, 3e12, 2e10, 1e11])
EVIDENCE = Scale(params=PARAMS, tokens=TOKENS, flops=6 * PARAMS * TOKENS)


def indices() -> list[Placed]:
    published, compute = published_index(EVIDENCE), compute_index(EVIDENCE)
    completed = published_index(EVIDENCE, embedding=EMBEDDING)
    own = own_index(EVIDENCE, HOFFMANN, HOFFMANN.loss(EVIDENCE))
    once = mean_index([published, compute], [0.6, 0.4])
    return [published, compute, completed, own, once, mean_index([once, own], [0.7, 0.3])]


def test_a_fitted_index_puts_the_evidence_where_the_fit_had_it() -> None:
    for placed in indices():
        np.testing.assert_allclose(placed.index.decades(EVIDENCE), placed.x, atol=1e-12)
        assert placed.x.max() == 0.0


def test_one_decade_of_compute_at_constant_ratio_is_about_one_effective_decade() -> None:
    params = np.geomspace(1e8, 3e9, 9)
    ladder = Scale(params=params, tokens=20 * params, flops=120 * params**2)
    x = published_index(ladder).x
    assert np.ptp(np.log10(ladder.flops)) > 2.9
    assert abs((x[-1] - x[4]) / np.log10(ladder.flops[-1] / ladder.flops[4]) - 1) < 0.05


def test_tokens_and_params_count_apart() -> None:
    """At equal FLOPs a starved model and a bloated one lie below the balanced one."""
    balanced = Scale(params=np.array([1e9]), tokens=np.array([2e10]), flops=np.array([1.2e20]))
    lopsided = Scale(
        params=np.array([1e8, 1e10]), tokens=np.array([2e11, 2e9]), flops=np.full(2, 1.2e20)
    )
    index = published_index(EVIDENCE).index
    assert (index.decades(lopsided) < index.decades(balanced) - 0.1).all()
    assert np.ptp(compute_index(EVIDENCE).index.decades(lopsided)) == 0.0
