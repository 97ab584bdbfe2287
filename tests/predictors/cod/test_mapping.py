"""From the predictable part to the whole: through the corners, near the points, never falling."""

import numpy as np
import pytest

from scalepredict.predictors.cod.mapping import (
    SPLINE_RMSE,
    local_line,
    monotone_cubic,
    smoothing_spline,
)
from scalepredict.records.table import Floats

PART = np.array([0.1, 0.2, 0.35, 0.5, 0.65, 0.8])
GRID = np.linspace(0.0, 1.0, 201)


def whole(part: Floats) -> Floats:
    """A curve that is straight, of slope 1, in log(-log): y = x^1.5."""
    made: Floats = part**1.5
    return made


@pytest.mark.parametrize("read", [local_line, monotone_cubic, smoothing_spline])
def test_nothing_and_everything_map_to_themselves(read: object) -> None:
    assert callable(read)
    np.testing.assert_allclose(read(PART, whole(PART), np.array([0.0, 1.0])), [0.0, 1.0], atol=1e-6)


@pytest.mark.parametrize("read", [local_line, monotone_cubic, smoothing_spline])
def test_a_better_part_is_never_a_worse_whole_even_through_points_that_fall(read: object) -> None:
    assert callable(read)
    noisy = np.clip(whole(PART) + np.array([0.02, -0.03, 0.04, -0.05, 0.03, -0.02]), 0, 1)
    assert (np.diff(read(PART, noisy, GRID)) >= -1e-12).all()


def test_a_line_in_log_log_is_continued_exactly_beyond_its_points() -> None:
    at = np.array([0.05, 0.3, 0.9, 0.95])
    np.testing.assert_allclose(local_line(PART, whole(PART), at), at**1.5, rtol=1e-9)
    # Of another slope the pull towards 1 is small beside six points.
    steep = np.exp(-np.exp(0.2 + 1.4 * np.log(-np.log(PART))))
    truth = np.exp(-np.exp(0.2 + 1.4 * np.log(-np.log(at))))
    np.testing.assert_allclose(local_line(PART, steep, at), truth, atol=0.02)


def test_points_that_are_not_trusted_do_not_count() -> None:
    off = np.append(whole(PART), 0.05)
    part = np.append(PART, 0.85)
    trust = np.append(np.ones(6), 1e-9)
    at = np.array([0.9])
    np.testing.assert_allclose(local_line(part, off, at, trust), at**1.5, rtol=1e-3)
    assert local_line(part, off, at)[0] < 0.5


def test_resamples_are_read_as_if_one_by_one() -> None:
    rng = np.random.default_rng(0)
    part = np.sort(rng.uniform(0.1, 0.9, (3, 5)), axis=1)
    y = part**1.2
    at = np.tile([0.4, 0.95], (3, 1))
    together = local_line(part, y, at)
    for i in range(3):
        np.testing.assert_allclose(together[i], local_line(part[i], y[i], at[i]), rtol=1e-12)


def test_the_cubic_goes_through_rising_points() -> None:
    np.testing.assert_allclose(monotone_cubic(PART, whole(PART), PART), whole(PART), rtol=1e-9)


def test_the_spline_is_as_near_to_the_points_as_the_paper_asks() -> None:
    bent = np.array([0.02, 0.05, 0.3, 0.35, 0.7, 0.75])
    missed = smoothing_spline(PART, bent, PART) - bent
    assert np.sqrt(np.mean(missed**2)) <= 1.2 * SPLINE_RMSE  # the corners count in its RMSE
    smooth = smoothing_spline(PART, whole(PART), GRID)
    np.testing.assert_allclose(smooth, whole(GRID), atol=0.02)


def test_too_few_points_for_a_cubic_are_joined_by_lines() -> None:
    assert smoothing_spline(np.array([0.5]), np.array([0.2]), np.array([0.25, 0.75])) == (
        pytest.approx([0.1, 0.6])
    )
