"""Linearity and breakthroughness as BIG-bench defines them."""

import numpy as np
import pytest

from scalepredict.evaluation.classes.bigbench import breakthroughness, linearity


@pytest.mark.parametrize(
    ("scores", "expected_linearity", "expected_breakthroughness"),
    [
        ([0, 0.25, 0.5, 0.75, 1], 4, 4),
        ([0.01, 0.02, 0.03, 0.04, 1], 2.0622, 99),
        ([0, 0.1, 0.1, 0.2, 0.9], 2.5205, 9),
        ([1, 0.75, 0.5, 0.25, 0], -4, -4),
        ([0.3, 0.3, 0.3], 0, 0),
        ([0.3, 0.3, 0.3, 0.3, 0.7], 2.0, np.inf),
        ([0.7, 0.3, 0.3, 0.3, 0.3], -2.0, -np.inf),
    ],
)
def test_published_definition_on_worked_examples(
    scores: list[float], expected_linearity: float, expected_breakthroughness: float
) -> None:
    assert linearity(np.array(scores)) == pytest.approx(expected_linearity, abs=5e-5)
    found = breakthroughness(np.array(scores))
    assert found == pytest.approx(expected_breakthroughness, abs=5e-5)


def test_both_ignore_shift_and_scale_and_work_on_many_curves_at_once() -> None:
    curves = np.random.default_rng(3).uniform(size=(4, 7))
    for measure in (linearity, breakthroughness):
        assert measure(0.2 + 0.3 * curves) == pytest.approx(measure(curves))
        assert measure(curves)[2] == measure(curves[2])
