"""Reference curves against the figures of a second implementation, and against SciPy."""

import numpy as np
import pytest
from scipy.optimize import minimize

from scalepredict.predictors.reference.reference_curves import (
    Measured,
    absolute_index,
    curve_value,
    fit_with_priors,
    ladder_weights,
    measurement_variance,
)
from scalepredict.predictors.reference.reference_table import reference_table
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import Floats

# pythia-pile, zero-shot, last checkpoints up to 2.8B; mmlu is the mean of the 57 subjects.
PARAMS = (70426624, 162322944, 405334016, 1011781632, 1414647808, 2775208960)
TARGET = 11846072320.0
TOKENS = 299892736000.0
SCORES = {
    "arc_challenge": (0.22099, 0.232935, 0.243174, 0.271331, 0.285836, 0.332765),
    "arc_easy": (0.373737, 0.435185, 0.521044, 0.569444, 0.606481, 0.643939),
    "lambada": (0.184553, 0.328352, 0.516204, 0.562003, 0.616146, 0.647196),
    "logiqa": (0.256528, 0.24424, 0.290323, 0.298003, 0.273425, 0.282642),
    "mmlu": (0.252861, 0.243998, 0.255212, 0.259003, 0.268737, 0.261445),
    "piqa": (0.594668, 0.627312, 0.667573, 0.707291, 0.708923, 0.738847),
    "sciq": (0.601, 0.741, 0.811, 0.84, 0.865, 0.882),
    "winogrande": (0.528019, 0.531176, 0.536701, 0.536701, 0.573007, 0.594317),
}
ITEMS = dict(zip(SCORES, (1172, 2376, 5153, 651, 14042, 1838, 1000, 1267), strict=True))
# Made with all labs in the table (EleutherAI too), by an implementation that shares no line.
EXPECTED = {
    "arc_challenge": (-0.922, 0.559, 0.3891),
    "arc_easy": (0.582, 0.383, 0.7042),
    "lambada": (1.098, 0.379, 0.7202),
    "logiqa": (-2.012, 0.072, 0.2900),
    "mmlu": (-2.221, 0.421, 0.2911),
    "piqa": (0.281, 0.305, 0.7698),
    "sciq": (2.183, 0.381, 0.9129),
    "winogrande": (-0.589, 0.592, 0.6433),
}


def index_of(params: Floats, tokens: float) -> Floats:
    return absolute_index(
        Scale(params=params, tokens=np.full(len(params), tokens), flops=6 * params * tokens)
    )


def measured(names: tuple[str, ...]) -> Measured:
    params = np.array(PARAMS, dtype=float)
    x, n = index_of(params, TOKENS), len(params)
    # The other implementation gave the largest checkpoint the weight 1.
    weight = ladder_weights(np.zeros(n, dtype=np.intp), params, np.zeros(1, dtype=bool))
    weight /= weight[-1]
    return Measured(
        curve=np.repeat(np.arange(len(names)), n),
        x=np.tile(x, len(names)),
        y=np.concatenate([SCORES[name] for name in names]),
        n_items=np.repeat([float(ITEMS[name]) for name in names], n),
        weight=np.tile(weight, len(names)),
    )


def test_index_of_known_sizes() -> None:
    x = [
        index_of(np.array([params]), tokens)[0]
        for params, tokens in ((70e9, 1.4e12), (1e9, 20e9), (12e9, 300e9), (7e9, 1e12))
    ]
    assert x == pytest.approx([1.1834, -4.2433, -0.3954, 0.0], abs=5e-5)


@pytest.mark.parametrize("name", EXPECTED)
def test_pythia_ladder_as_another_implementation_has_it(name: str) -> None:
    table = reference_table()
    place = np.array([table.benchmarks.index(name)])
    priors = table.priors.take(place)
    params, _ = fit_with_priors(measured((name,)), priors)
    value, _ = curve_value(params, priors.floor, index_of(np.array([TARGET]), TOKENS))
    level, slope, score = EXPECTED[name]
    assert params[0] == pytest.approx([level, slope], abs=6e-4)
    assert value[0] == pytest.approx(score, abs=1e-4)


def test_curves_of_one_batch_do_not_mix() -> None:
    table = reference_table()
    names = ("piqa", "arc_easy", "lambada")
    places = np.array([table.benchmarks.index(name) for name in names])
    together, covariance = fit_with_priors(measured(names), table.priors.take(places))
    for i, name in enumerate(names):
        alone, own = fit_with_priors(measured((name,)), table.priors.take(places[i : i + 1]))
        assert together[i] == pytest.approx(alone[0], abs=1e-8)
        assert covariance[i] == pytest.approx(own[0], rel=1e-6)


def test_scores_of_a_ladder_count_as_one_and_far_ones_less() -> None:
    curve = np.array([0, 1, 0, 0])
    flops = np.array([1e21, 3e19, 1e20, 1e12])
    weight = ladder_weights(curve, flops, np.array([False, False]))
    assert weight[1] == pytest.approx(1.0)
    assert weight[[0, 2, 3]].sum() == pytest.approx(1.0)
    assert weight[2] / weight[0] == pytest.approx(np.exp(-2))
    assert weight[3] / weight[0] == pytest.approx(0.01)
    guessing = ladder_weights(curve, flops, np.array([True, False]))
    assert guessing == pytest.approx([1.0, 1.0, np.exp(-2), 0.01])


def test_minimum_is_that_of_scipy_at_the_final_variances() -> None:
    table = reference_table()
    place = np.array([table.benchmarks.index("arc_easy")])
    priors, rows = table.priors.take(place), measured(("arc_easy",))
    params, _ = fit_with_priors(rows, priors)
    p, rise = curve_value(params[rows.curve], priors.floor[rows.curve], rows.x)
    variance = measurement_variance(p, rows.n_items) + (priors.scatter[0] * rise) ** 2
    certainty = np.linalg.inv(priors.covariance[0])

    def cost(ab: Floats) -> float:
        q, _ = curve_value(ab, priors.floor[0], rows.x)
        off = ab - priors.mean[0]
        return float(rows.weight @ ((rows.y - q) ** 2 / variance) + off @ certainty @ off) / 2

    found = minimize(cost, priors.mean[0], method="Nelder-Mead", options={"xatol": 1e-9}).x
    assert params[0] == pytest.approx(found, abs=1e-5)


def test_a_curve_without_scores_stays_at_its_prior() -> None:
    table = reference_table()
    priors = table.priors.take(np.array([0, 1]))
    only = measured(("arc_challenge",))
    params, covariance = fit_with_priors(only, priors)
    assert params[1] == pytest.approx(priors.mean[1])
    assert covariance[1] == pytest.approx(priors.covariance[1])
