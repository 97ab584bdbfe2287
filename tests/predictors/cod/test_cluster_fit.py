"""The noise of a cluster's pass rate: that of its answers, and what models differ by."""

import numpy as np

from scalepredict.predictors.cod.cluster_fit import _noise
from scalepredict.predictors.cod.cluster_law import MODEL_NOISE


def test_noise_is_of_all_answers_of_a_cluster_and_of_models() -> None:
    labels = np.array([0, 0, 1, -1])
    trials = np.array([[10.0, 30], [40, 20], [25, 25], [1000, 1000]])
    means = np.array([[0.5, 0.8], [0.2, 0.9]])
    binomial = means * (1 - means) / np.array([[50.0, 50], [25, 25]])
    # One percentage point at a rate of one half, less towards 0 and 1.
    between = MODEL_NOISE**2 * means * (1 - means) / 0.25
    assert MODEL_NOISE == 0.01
    np.testing.assert_allclose(_noise(means, labels, trials), np.sqrt(binomial + between))


def test_rates_of_0_and_1_are_no_certainty_and_many_answers_leave_what_models_differ_by() -> None:
    ends = np.array([[0.0, 1.0]])
    noise = _noise(ends, np.array([0]), np.array([[50.0, 50.0]]))
    np.testing.assert_allclose(noise, np.sqrt(0.02 * 0.98 / 50 + 4e-4 * 1e-3))
    unknown = _noise(np.array([[0.5, 0.5]]), np.array([0]), np.array([[np.nan, np.inf]]))
    np.testing.assert_allclose(unknown, [[0.01, 0.01]])
