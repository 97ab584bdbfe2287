"""Each benchmark by the law of its own scale; identities that hold whatever the unit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scalepredict.evaluation.intervals.calibration import apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Forecast, Targets
from scalepredict.predictors.metric_laws import MetricLaws, fit_law
from scalepredict.predictors.registry import predictor_type
from scalepredict.predictors.store.fit_file import Provenance, StoredFit, load_fit, save_fit
from scalepredict.records.metrics import Metric, shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

PARAMS = 10.0 ** np.linspace(7.5, 9.5, 7)
TARGET = Targets(
    family=("mix",),
    params=np.array([2e10]),
    tokens=np.array([4e11]),
    flops=np.array([4.8e22]),
    assumption=("",),
)
LOSS = 1.7 + 400 * PARAMS**-0.34 + 410 * (20 * PARAMS) ** -0.28
SCORES = 0.25 + 0.6 / (1 + np.exp(-1.2 * (np.log10(PARAMS) - 8.7)))
ACC = Unit(benchmark="arc", metric="acc", chance=0.25)


def table(columns: dict[Unit, Floats]) -> EvalTable:
    rows = [
        Checkpoint(model=f"m{i}", family="mix", params=n, tokens=20 * n, flops=120 * n * n)
        for i, n in enumerate(PARAMS.tolist())
    ]
    return make_table(rows, list(columns), np.stack(list(columns.values()), axis=1))


def of(metric: str, benchmark: str = "c4") -> Unit:
    return Unit(benchmark=benchmark, metric=metric, measure=shipped_metrics().find(metric))


def forecast(columns: dict[Unit, Floats], predictor: str = "stack") -> Forecast:
    law = fit_law(predictor_type(predictor)(), table(columns), rng=np.random.default_rng(0))
    return law.forecast(TARGET)


@pytest.mark.parametrize("predictor", ["stack", "power_law", "last", "cod_curve"])
def test_accuracies_are_forecast_the_same_to_the_bit_beside_losses(predictor: str) -> None:
    alone = forecast({ACC: SCORES}, predictor)
    beside = forecast({of("loss"): LOSS, ACC: SCORES, of("elo", "arena"): 1000 * LOSS}, predictor)
    for name in ("point", "model_variance", "spread_equal", "spread_weighted", "overdispersion"):
        np.testing.assert_array_equal(getattr(beside, name)[:, 1:2], getattr(alone, name))
    assert beside.quantiles is not None
    assert np.isnan(beside.quantiles[:, 1]).all()
    shipped = load_calibration()
    first, second = (apply_calibration(made, shipped, predictor) for made in (alone, beside))
    for probability in (0.05, 0.5, 0.95):
        np.testing.assert_array_equal(
            second.quantile(probability)[:, 1:2], first.quantile(probability)
        )


def test_a_table_of_fractions_is_handed_to_the_predictor_as_it_is() -> None:
    law = fit_law(predictor_type("stack")(), table({ACC: SCORES}), rng=np.random.default_rng(0))
    assert not isinstance(law, MetricLaws)


def test_a_perplexity_and_its_logarithm_have_one_forecast() -> None:
    plain = forecast({of("loss"): LOSS}).quantiles
    of_exponential = forecast({of("perplexity"): np.exp(LOSS)}).quantiles
    assert plain is not None
    assert of_exponential is not None
    np.testing.assert_allclose(np.log(of_exponential), plain, rtol=1e-9)


def test_bits_per_byte_have_the_forecast_of_the_loss_up_to_the_constant() -> None:
    bytes_per_token = 4.31
    constant = 1 / (np.log(2) * bytes_per_token)
    plain = forecast({of("loss"): LOSS}).quantiles
    bits = forecast({of("bpb"): constant * LOSS}).quantiles
    assert plain is not None
    assert bits is not None
    np.testing.assert_allclose(bits, constant * plain, rtol=1e-9)


def test_a_log_likelihood_has_the_forecast_of_the_loss_with_the_other_sign() -> None:
    plain = forecast({of("loss"): LOSS}).quantiles
    likelihood = forecast({of("loglikelihood"): -LOSS}).quantiles
    assert plain is not None
    assert likelihood is not None
    np.testing.assert_allclose(likelihood[..., ::-1], -plain, rtol=1e-9)


def test_what_has_no_bound_is_forecast_along_a_line_in_either_unit() -> None:
    elo = 700 + 150 * np.log10(PARAMS)
    quantiles = forecast({of("elo"): elo + np.array([5, -5, 4, 0, -4, 5, -5.0])}).quantiles
    assert quantiles is not None
    truth = 700 + 150 * np.log10(2e10)
    assert quantiles[0, 0, 3] < truth < quantiles[0, 0, 9]
    minutes = Metric(name="horizon", lower=0.0, upper=np.inf, unit="minutes", scale="log")
    doubled = forecast({Unit(benchmark="h", metric="horizon", measure=minutes): PARAMS**0.7})
    assert doubled.point[0, 0] == pytest.approx(2e10**0.7)


def test_an_error_rate_stays_inside_its_range() -> None:
    rising = np.linspace(0.9, 0.96, 7)
    quantiles = forecast({of("ece"): rising}).quantiles
    assert quantiles is not None
    assert (quantiles <= 1).all()
    assert (quantiles >= 0).all()


def test_a_method_that_pools_families_says_that_it_serves_fractions_only() -> None:
    several = table({of("loss"): LOSS, ACC: SCORES, replace(ACC, benchmark="b"): SCORES**2})
    two = make_table(
        [
            *several.checkpoints,
            *(replace(c, family="other", model=f"o{c.model}") for c in several.checkpoints),
        ],
        several.units,
        np.vstack([several.scores, 0.98 * several.scores]),
    )
    law = fit_law(predictor_type("observational")(), two, rng=np.random.default_rng(0))
    made = law.forecast(TARGET)
    assert made.failures[0] is not None
    assert "serves fractions only" in made.failures[0]
    assert made.failures[1] is None


def test_a_stored_fit_of_several_metrics_forecasts_the_same_to_the_bit(tmp_path: Path) -> None:
    evidence = table({of("loss"): LOSS, ACC: SCORES, of("elo", "arena"): 1000 * LOSS})
    fit = fit_families(evidence, predictor_type("stack")(), rng=np.random.default_rng(0))
    stored = StoredFit(fit=fit, provenance=Provenance(version="0", seed=0, inputs=()))
    save_fit(stored, tmp_path / "fit.json")
    read = load_fit(tmp_path / "fit.json").fit.groups[0]
    assert read.evidence.units == evidence.units
    first, second = (group.law.forecast(TARGET) for group in (fit.groups[0], read))
    np.testing.assert_array_equal(first.point, second.point)
    np.testing.assert_array_equal(first.quantiles, second.quantiles)
