"""Direct laws and baselines: recovery, weights, budgets of parameters, and what they say."""

from collections.abc import Sequence

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.direct.curve_fits import FADE_DECADES, fading
from scalepredict.predictors.direct.curves import broken_power
from scalepredict.predictors.direct.direct import DirectLaw
from scalepredict.predictors.interface import Law, Targets
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

RNG = np.random.default_rng(0)
PARAMS = np.array([7e7, 1.6e8, 4.1e8, 1.0e9, 1.4e9, 2.8e9])
RATIOS = np.array([5.0, 20.0, 80.0])
BIG = Targets(
    family=("f",),
    params=np.array([1.2e10]),
    tokens=np.array([4.8e11]),
    flops=np.array([6 * 1.2e10 * 4.8e11]),
    assumption=("",),
)


def ladder(
    scores: Sequence[Floats],
    params: Floats,
    tokens: Floats,
    chance: float = 0.0,
    n_items: float = 1e6,
) -> EvalTable:
    checkpoints = [
        Checkpoint(model=f"m{i}", family="f", params=n, tokens=d, flops=6 * n * d)
        for i, (n, d) in enumerate(zip(params, tokens, strict=True))
    ]
    units = [Unit(benchmark=f"b{t}", chance=chance) for t in range(len(scores))]
    table = np.stack(scores, axis=1)
    return make_table(checkpoints, units, table, n_items=np.full(table.shape, n_items))


def grid() -> tuple[Floats, Floats]:
    params = np.repeat(PARAMS, len(RATIOS))
    return params, params * np.tile(RATIOS, len(PARAMS))


def fit(name: str, table: EvalTable) -> Law:
    return predictor_type(name)().fit(table, rng=RNG)


def point(name: str, table: EvalTable, targets: Targets = BIG) -> Floats:
    return fit(name, table).forecast(targets).point


def worlds(params: Floats, tokens: Floats) -> dict[str, Floats]:
    """What each law would score, noise-free, with a floor of 0 that its evidence nearly reaches."""
    log_c = np.log(6 * params * tokens / 1e21)
    return {
        "trend": 0.3 + 0.03 * log_c,
        "power_law": np.exp(-1.2 * np.exp(-0.4 * log_c)),
        "sigmoid": 1 / (1 + np.exp(0.8 - 0.5 * log_c)),
        "sigmoid_nd": 1 / (1 + np.exp(0.5 - 0.7 * np.log(params / 1e9) - 0.2 * np.log(tokens))),
        "nd_law": np.exp(-(400 / params**0.3 + 6000 / tokens**0.4)),
        "cod_curve": np.exp(-0.9 * np.exp(-0.5 * log_c) - 0.15),
    }


@pytest.mark.parametrize("name", worlds(*grid()))
def test_a_noise_free_law_is_recovered_far_beyond_its_evidence(name: str) -> None:
    truth = worlds(*grid())[name]
    seen = (truth > 0.03) & (truth < 0.97)  # beyond, shares are clipped on the link scale
    params, tokens = (size[seen] for size in grid())
    forecast = point(name, ladder([truth[seen]], params, tokens))
    np.testing.assert_allclose(forecast[0, 0], worlds(BIG.params, BIG.tokens)[name], atol=2e-5)


def test_a_break_inside_the_evidence_is_found_and_carried_on() -> None:
    flops = np.geomspace(1e18, 1e22, 24)
    log_b = np.log(0.8) + 0.02 * np.log(1e18)  # an error of .1 + .8 at the smallest checkpoint
    truth = np.array([[0.1, log_b, 0.02, 0.25, np.log(1e20), np.log(0.3)]])
    params = np.sqrt(flops / 120)
    table = ladder([broken_power(truth, np.log(flops)[:, None])[0][0]], params, 20 * params)
    ahead = broken_power(truth, np.log(BIG.flops)[:, None])[0][0, 0]
    assert abs(point("bnsl", table)[0, 0] - ahead) < 0.004
    assert abs(point("power_law", table)[0, 0] - ahead) > 0.02


def test_the_mean_is_the_mean_of_what_was_measured() -> None:
    table = ladder([np.array([0.2, 0.3, np.nan])], PARAMS[:3], 20 * PARAMS[:3])
    np.testing.assert_allclose(point("mean", table), 0.25)


def test_a_forecast_does_not_depend_on_the_order_of_rows_or_on_other_benchmarks() -> None:
    scores = 0.3 + 0.03 * np.arange(6) + 0.01 * RNG.normal(size=(3, 6))
    table = ladder(list(scores), PARAMS, 20 * PARAMS, chance=0.25)
    for name in ("trend", "power_law", "sigmoid", "cod_curve"):
        whole = point(name, table)
        np.testing.assert_allclose(point(name, table.take_rows([4, 0, 5, 2, 1, 3])), whole)
        np.testing.assert_allclose(point(name, table.take_units([1])), whole[:, [1]])


def test_far_smaller_models_weigh_less_until_few_are_left() -> None:
    flops = 10.0 ** np.array([18.0, 19.0, 19.5, 19.9, 20.0, 20.0])
    measured = np.ones((6, 2), dtype=bool)
    measured[3:5, 1] = False
    weights = fading(flops, measured)
    np.testing.assert_allclose(weights[:, 0], np.exp(-(20 - np.log10(flops)) / FADE_DECADES))
    assert (weights[3:5, 1] == 0).all()
    assert weights[1, 1] > weights[1, 0]
    effective = weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)
    assert (effective >= 3).all()


def test_a_law_refuses_more_parameters_than_the_scales_carry() -> None:
    scores = [np.linspace(0.3, 0.5, 5)]
    table = ladder(scores, PARAMS[:5], 20 * PARAMS[:5])
    with pytest.raises(RefusedError, match=r"cod_curve on family 'f': 5 distinct scales.*needs 6"):
        fit("cod_curve", table)
    with pytest.raises(RefusedError, match=r"bnsl on family 'f': 5 distinct scales.*needs 12"):
        fit("bnsl", table)
    with pytest.raises(RefusedError, match="power_law on family 'f': 2 distinct scales"):
        fit("power_law", table.take_rows([0, 1]))


def test_a_law_of_params_and_tokens_refuses_a_ladder_that_cannot_tell_them_apart() -> None:
    params = np.geomspace(1e8, 1e10, 9)
    scores = [np.linspace(0.3, 0.5, 9)]
    with pytest.raises(RefusedError, match="1 distinct ratio of tokens"):
        fit("nd_law", ladder(scores, params, 20 * params))
    with pytest.raises(RefusedError, match="same number of tokens"):
        fit("sigmoid_nd", ladder(scores, params, np.full(9, 3e11)))


def test_a_benchmark_with_too_few_scores_is_a_failure_and_the_others_are_fitted() -> None:
    sparse = np.array([np.nan, np.nan, np.nan, np.nan, 0.4, 0.5])
    table = ladder([sparse, np.linspace(0.3, 0.5, 6)], PARAMS, 20 * PARAMS)
    law = fit("power_law", table)
    forecast = law.forecast(BIG)
    assert np.isnan(forecast.point[0, 0])
    assert np.isfinite(forecast.point[0, 1])
    assert forecast.failures[0] is not None
    assert "2 distinct scales" in forecast.failures[0]
    assert forecast.failures[1] is None
    assert tuple(map(str, law.notes())) == ("power_law: no fit on 1 of 2 benchmarks.",)


def test_a_bound_that_binds_is_said() -> None:
    falling = np.linspace(0.5, 0.3, 6)
    law = fit("cod_curve", ladder([falling], PARAMS, 20 * PARAMS))
    assert "cod_curve: compute has no effect (b = 0) on b0." in map(str, law.notes())


def test_the_variance_is_that_of_simulated_refits() -> None:
    """Spread of 300 refits against the delta method: ratio of deviations within 15 %.

    With 300 draws the sampling error of the ratio is 4 %; the rest is curvature of the link.
    """
    params, tokens = grid()
    truth = worlds(params, tokens)["power_law"]
    noise = 0.005 * np.random.default_rng(1).normal(size=(300, len(truth)))
    seen = truth > 0.05
    table = ladder(list((truth + noise)[:, seen]), params[seen], tokens[seen], n_items=1e4)
    forecast = fit("power_law", table).forecast(BIG)
    spread = np.std(forecast.point[0])
    claimed = np.sqrt(np.mean(forecast.model_variance[0]))
    assert 0.85 < claimed / spread < 1.15


def test_forecasts_stay_scores_and_variances_finite_on_hopeless_benchmarks() -> None:
    hopeless = [np.zeros(18), np.ones(18), np.full(18, 0.25), RNG.random(18)]
    table = ladder(hopeless, *grid(), chance=0.25)
    for name in (*worlds(*grid()), "bnsl"):
        law = fit(name, table)
        assert isinstance(law, DirectLaw)
        forecast = law.forecast(BIG)
        assert np.isfinite(forecast.point).all()
        assert (forecast.model_variance >= 0).all()
        assert (forecast.model_variance <= 0.25).all()
