"""The reference as a method: what it forecasts, what it refuses, what it says."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.reference.fitted_reference import fit_reference
from scalepredict.predictors.reference.reference import Reference
from scalepredict.predictors.reference.reference_curves import absolute_index
from scalepredict.predictors.reference.reference_table import reference_table
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

SIZES = (1e8, 4e8, 1.6e9)
UNITS = (Unit(benchmark="piqa", chance=0.5), Unit(benchmark="mmlu", chance=0.25))


def ladder(n: int = 3, *, units: tuple[Unit, ...] = UNITS) -> EvalTable:
    rows = [
        Checkpoint(model=f"m{i}", params=size, tokens=20 * size, flops=120 * size**2)
        for i, size in enumerate(SIZES[:n])
    ]
    scores = np.array([[0.58, 0.25], [0.65, 0.26], [0.71, 0.25]])[:n]
    return make_table(rows, units, scores, n_items=np.full(scores.shape, 1000.0))


def target(params: float) -> Targets:
    tokens, row = np.array([20 * params]), np.array([params])
    return Targets(
        family=("x",), params=row, tokens=tokens, flops=6 * row * tokens, assumption=("",)
    )


def test_one_model_is_enough_and_more_models_make_it_surer() -> None:
    wide = Reference().fit(ladder(1)).forecast(target(7e9))
    near = Reference().fit(ladder(3)).forecast(target(7e9))
    assert np.isfinite(wide.point).all()
    assert near.reference_variance is not None
    assert wide.reference_variance is not None
    assert (near.reference_variance < wide.reference_variance).all()
    assert (wide.point[0] > wide.last[0]).all()


def test_a_score_near_its_floor_may_rise_by_more_than_its_slope_says() -> None:
    """MMLU at chance: the variance of the logit counts for more than by the slope there."""
    fitted, items = fit_reference(ladder(3)), np.full(2, 1000.0)
    each = [fitted.variance(target(3e9), items, alone=np.full(2, flag)) for flag in (False, True)]
    pushed, by_slope = np.sqrt(each)
    assert pushed[0, 1] > 1.2 * by_slope[0, 1]
    assert pushed[0, 0] == pytest.approx(by_slope[0, 0], rel=0.1)


def test_a_low_ladder_is_said_to_be_low() -> None:
    law = Reference().fit(ladder(3))
    low = ladder(3).with_scores(ladder(3).scores - [[0.05, 0.0]])
    assert law.reference.level_sd[0] - Reference().fit(low).reference.level_sd[0] > 0.3
    assert any(note.subject == "piqa" and " sd of " in note.text for note in law.notes())


def test_scores_measured_otherwise_get_no_curve() -> None:
    """Mean probabilities of the right answer lie far below accuracies of the same name."""
    probabilities = ladder(3).with_scores(ladder(3).scores * [[0.1, 1.0]])
    fitted = fit_reference(probabilities)
    assert fitted.served.tolist() == [False, True]
    assert "measured otherwise" in fitted.reasons[0]
    assert fit_reference(ladder(3)).served.all()


def test_an_answer_format_weighs_more_once_the_ladder_has_learned_it() -> None:
    at_chance = fit_reference(ladder(3))
    above = ladder(3).with_scores(np.add(ladder(3).scores, [[0.0, 0.1]]))
    assert at_chance.weight.tolist() == [0.8, 0.4]
    assert fit_reference(above).weight.tolist() == [0.8, 0.7]


def test_exceedance_is_that_of_a_sample() -> None:
    fitted, rng = fit_reference(ladder(2)), np.random.default_rng(0)
    goal = target(3e9)
    limit, items = np.array([0.75, 0.3]), np.array([1000.0, 1000.0])
    x = 20 * 1.1619 / 2.0519 * np.log(1.1619 / (0.8 + 406.4 * 3e9**-0.34 + 410.7 * 6e10**-0.28))
    for t in range(2):
        # Seven tenths of the deviations, .49 of the variances.
        a, b = rng.multivariate_normal(fitted.params[t], 0.49 * fitted.covariance[t], 40_000).T
        link = a + b * x + 0.7 * fitted.scatter[t] * rng.normal(size=40_000)
        p = fitted.floor[t] + (1 - fitted.floor[t]) / (1 + np.exp(-link))
        deviation = np.sqrt(np.maximum(p * (1 - p), 0.01) / items[t] + 0.008**2)
        share = norm.cdf((p - limit[t]) / deviation).mean()
        # 40,000 draws: a standard error of 0.0025 at most, four of them.
        assert fitted.exceedance(goal, limit, items)[0, t] == pytest.approx(share, abs=0.01)


def test_the_public_band_is_one_deviation_about_the_mean_family() -> None:
    low, high = fit_reference(ladder(1)).public_band(target(7e9))
    table = reference_table()
    i, x = table.benchmarks.index("piqa"), absolute_index(Scale.of_targets(target(7e9)))[0]
    mean, spread, floor = table.priors.mean[i], table.priors.covariance[i], table.priors.floor[i]
    between = np.sqrt(np.array([1, x]) @ spread @ np.array([1, x]))
    for found, side in ((low, -1), (high, 1)):
        logit = mean @ np.array([1, x]) + side * between
        assert found[0, 0] == pytest.approx(floor + (1 - floor) / (1 + np.exp(-logit)))


def test_without_a_served_benchmark_it_is_refused_with_the_reason() -> None:
    own = ladder(units=(Unit(benchmark="mine"), Unit(benchmark="piqa", metric="ppl")))
    with pytest.raises(RefusedError, match=r"no public models to compare with; metric 'ppl'"):
        Reference().fit(own)
    far = ladder()
    rows = [replace(c, flops=50 * (c.flops or 0)) for c in far.checkpoints]
    with pytest.raises(RefusedError, match="3 of 3 checkpoints lack params or tokens"):
        Reference().fit(replace(far, checkpoints=tuple(rows)))


def test_a_checkpoint_without_the_scale_of_a_language_model_takes_no_part() -> None:
    """Its FLOPs are fifty times 6 N D; the other two place the ladder as if it were not there."""
    whole = ladder()
    *others, last = whole.checkpoints
    odd = replace(last, flops=50 * (last.flops or 0))
    law = Reference().fit(replace(whole, checkpoints=(*others, odd)))
    two = fit_reference(ladder(2))
    assert law.reference.left_out == 1
    assert law.reference.served.all()
    np.testing.assert_array_equal(law.reference.params, two.params)
    assert any("without 1 checkpoint," in note.text for note in law.notes())
    assert two.left_out == 0


def test_a_name_with_another_chance_level_is_another_benchmark() -> None:
    other = ladder(units=(Unit(benchmark="piqa", chance=0.2), UNITS[1]))
    fitted = fit_reference(other)
    assert fitted.served.tolist() == [False, True]
    assert fitted.reasons[0] == "chance is 0.2, that of the public scores 0.5"
