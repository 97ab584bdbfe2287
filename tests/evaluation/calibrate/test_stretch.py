"""The stretch of the quantiles of losses: what makes 90 % intervals hold 90 %."""

import numpy as np
import pytest
from scipy.special import ndtri

from scalepredict.evaluation.calibrate.stretch import LEAST, fit_stretch, needed_stretch
from scalepredict.predictors.interface import PROBABILITIES
from scalepredict.records.table import Floats


def quantiles(n: int) -> Floats:
    rows: Floats = np.tile(3.0 + 0.1 * ndtri(PROBABILITIES), (n, 1, 1))
    return rows


def test_the_needed_stretch_brings_the_end_of_the_interval_to_the_loss() -> None:
    observed = np.array([[3.0], [3.0 + 0.1 * 1.6449], [3.0 - 0.2 * 1.6449], [np.nan]])
    found = needed_stretch(quantiles(4), observed)[:, 0]
    assert found[:3] == pytest.approx([0.0, 1.0, 2.0], abs=1e-4)
    assert np.isnan(found[3])


def test_errors_twice_as_large_as_said_need_a_stretch_of_two() -> None:
    """4000 normal errors: the 90 % point of their size has a standard error of 2.6 %."""
    rng = np.random.default_rng(6)
    observed = 3.0 + 0.2 * rng.standard_normal((4000, 1))
    found = fit_stretch([needed_stretch(quantiles(4000), observed)[:, 0]])
    assert found == pytest.approx(2.0, rel=0.1)


def test_sources_count_alike_whatever_their_size() -> None:
    easy, hard = np.zeros(1000), np.full(10, 3.0)
    assert fit_stretch([easy, hard]) == pytest.approx(3.0)
    assert fit_stretch([easy]) == LEAST
    assert fit_stretch([]) == 1.0
