"""The stretch of the quantiles of losses: what makes 90 % intervals hold 90 %."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri

from scalepredict.evaluation.calibrate.stretch import LEAST, fit_stretch, needed_stretch
from scalepredict.evaluation.intervals.calibration import apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import PROBABILITIES, Frontier, Targets, make_forecast
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table


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


def test_quantiles_of_losses_are_stretched_on_the_scale_of_their_law() -> None:
    """A perplexity by ratios, a loss by differences, and neither beyond its range."""
    metrics = [shipped_metrics().find(name) for name in ("perplexity", "loss")]
    units = tuple(Unit(benchmark=m.name, metric=m.name, measure=m) for m in metrics)
    knots = ndtri(PROBABILITIES)
    own = np.stack([20 * np.exp(0.1 * knots), 2.5 + 0.1 * knots])[None]
    row = Checkpoint(model="m", params=1e9, tokens=2e10, flops=1.2e20)
    point = np.array([[20.0, 2.5]])
    table = make_table([row], units, point)
    raw = make_forecast(Targets.of_table(table), Frontier.of_table(table), point, quantiles=own)
    doubled = replace(load_calibration(), stretch=2.0)
    found = apply_calibration(raw, doubled, "stack").quantiles
    assert found is not None
    np.testing.assert_allclose(found[0, 0], 20 * np.exp(0.2 * knots))
    np.testing.assert_allclose(found[0, 1], 2.5 + 0.2 * knots)
    huge = apply_calibration(raw, replace(doubled, stretch=1000.0), "stack").quantiles
    assert huge is not None
    assert huge.min() >= 0.0
