"""The index: the same effective decades in fit and forecast, and decades of FLOPs near the top."""

from dataclasses import replace

import numpy as np
import pytest

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


@pytest.mark.parametrize("factor", [0.01, 100.0, 1000.0])
def test_the_unit_of_tokens_is_of_no_account_where_compute_is_given(factor: float) -> None:
    target = Scale(params=np.array([7e9]), tokens=np.array([4e11]), flops=np.array([1.68e22]))
    plain = published_index(EVIDENCE)
    scaled = published_index(replace(EVIDENCE, tokens=factor * TOKENS))
    np.testing.assert_allclose(scaled.x, plain.x)
    np.testing.assert_allclose(
        scaled.index.decades(replace(target, tokens=factor * target.tokens)),
        plain.index.decades(target),
    )


@pytest.mark.parametrize("tokens", [3e8 * np.ones(5), 0.02 * PARAMS])
def test_thousands_of_tokens_are_known_by_their_ratio_to_the_params(
    tokens: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    """Compute is 6 N D in the same unit, so nothing else tells that D counts thousands."""

    def ahead(unit: float) -> float:
        params = np.array([7e7, 1.6e8, 4e8, 1e9, 2.8e9])
        evidence = Scale(params=params, tokens=unit * tokens, flops=6 * params * unit * tokens)
        growth = tokens[-1] / tokens[0] > 1.0
        n, d = 2.8e10, unit * tokens[-1] * (10.0 if growth else 1.0)
        target = Scale(params=np.array([n]), tokens=np.array([d]), flops=np.array([6 * n * d]))
        return float(published_index(evidence).index.decades(target)[0])

    assert 0.5 < ahead(1000.0) < 2.0
    assert abs(ahead(1.0) - ahead(1000.0)) < 0.1
