"""Intervals from stored constants: scale, quantiles, averages of suites, and files refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from scalepredict.errors import ConfigError
from scalepredict.evaluation.intervals.calibration import (
    COMPONENTS,
    OF_OTHERS,
    Calibration,
    apply_calibration,
    calibration_notes,
    scale,
    without_reference,
)
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.intervals.suite_averages import suite_averages
from scalepredict.predictors.interface import Forecast, Targets
from scalepredict.records.table import ASSUMED_ITEMS, Floats, Unit

PROTOTYPE = Path(__file__).parent / "prototype_calibration.yaml"
LEVELS = (0.6, 0.4, 0.9)


def forecast(*, suites: tuple[str, ...] = ("", "", ""), n_items: float = 500.0) -> Forecast:
    """One target, one decade beyond five models, three benchmarks with chance 0.25."""

    def row(value: float) -> Floats:
        return np.full((1, 3), value)

    one = np.array([1e22])
    return Forecast(
        targets=Targets(family=("f",), params=one, tokens=one, flops=one, assumption=("",)),
        units=tuple(
            Unit(benchmark=name, chance=0.25, suite=suite)
            for name, suite in zip("abc", suites, strict=True)
        ),
        point=np.array([LEVELS]),
        last=row(0.5),
        n_items=row(n_items),
        n_train=row(5.0),
        horizon=row(1.0),
        model_variance=row(0.0004),
        overdispersion=row(2.0),
        spread_weighted=row(0.0003),
        spread_equal=row(0.0002),
        failures=(None, None, None),
        reference_weight=row(0.0),
    )


def shipped() -> Calibration:
    return load_calibration()


def prototype() -> Calibration:
    """The constants that the prototype of `stack` was published with, in a file of version 1."""
    return load_calibration(PROTOTYPE)


def with_stack(
    *, coefficients: Floats | None = None, suite_correlation: float = 0.2
) -> Calibration:
    calibration = prototype()
    entry = calibration.predictors["stack"]
    changed = replace(
        entry,
        coefficients=entry.coefficients if coefficients is None else coefficients,
        suite_correlation=suite_correlation,
    )
    return replace(calibration, predictors={"stack": changed})


def test_the_scale_is_the_weighted_sum_of_its_components() -> None:
    """By hand at 0.6: bv = .24/500, q = .35/.75; five models inflate the variance by 1.5."""
    shares = [0.11, 0.18, 0.3, 0.2, 0.9, 0.01, 0.001, 0.002, 0.3, 0.7, 0.005, 0.6]
    calibration = with_stack(coefficients=np.array(shares))
    weight, about_curve, apart = 0.4, 0.0025, 0.0036
    z = np.random.default_rng(2).standard_normal(400_000)
    of_logit = np.mean((0.75 * (expit(logit(q := 0.35 / 0.75) + z) - q)) ** 2)
    binomial = 0.24 / 500
    variance = (
        0.11 * binomial + 0.18 * 2 * binomial + 0.3 * weight * about_curve
        + 0.005 * of_logit + 0.6 * weight * (1 - weight) * apart
        + (1 - weight) ** 2
        * (0.3 * 0.0003 + 0.2 * 0.0002 + 0.9 * 0.0004 + 0.01 * 0.1**2
           + 0.001 * q * (1 - q) + 0.002 / 4)
    )  # fmt: skip
    told = replace(
        forecast(),
        reference_weight=np.full_like(forecast().point, weight),
        reference_variance=np.full_like(forecast().point, about_curve),
        disagreement=np.full_like(forecast().point, apart),
    )
    calibrated = apply_calibration(told, calibration, "stack")
    assert calibrated.scale is not None
    assert calibrated.scale[0, 0] == pytest.approx(np.sqrt(1.5 * variance + 1e-6), rel=1e-3)


def test_what_rests_on_public_models_alone_has_a_share_of_its_own() -> None:
    shares = [0.11, 0.18, 0.3, 0.2, 0.9, 0.01, 0.001, 0.002, 0.3, 0.7, 0.005, 0.6]
    point = forecast().point
    told = replace(
        forecast(),
        reference_weight=np.ones_like(point),
        reference_variance=np.full_like(point, 0.0025),
    )
    calibrated = apply_calibration(told, with_stack(coefficients=np.array(shares)), "stack")
    variance = (0.11 + 0.18 * 2) * 0.24 / 500 + 0.7 * 0.0025
    assert calibrated.scale is not None
    assert calibrated.scale[0, 0] == pytest.approx(np.sqrt(1.5 * variance + 1e-6), rel=1e-12)


def test_errors_of_other_ladders_count_less_where_a_ladder_is_certain_of_its_move() -> None:
    """A move of 10 points, own variance .0007: r = .00074 / .0104; five scales: n = 2."""
    others: Floats = np.isin(np.arange(len(COMPONENTS)), OF_OTHERS).astype(float)
    entry = replace(prototype().predictors["stack"], own_evidence=0.2)
    for chosen, certain in ((others, 4 / 5 * 0.2 / (0.00074 / 0.0104 + 0.2)), (1 - others, 0.0)):
        before = scale(forecast(), replace(entry, coefficients=chosen, own_evidence=0.0))
        after = scale(forecast(), replace(entry, coefficients=chosen))
        share = (after[0, 0] ** 2 - 1e-6) / (before[0, 0] ** 2 - 1e-6)
        assert share == pytest.approx((1 - certain) ** 1.5)


def test_far_runs_above_a_gap_widen() -> None:
    """exp(2 * .2 * 1.5) in the variance."""
    far = replace(forecast(), gap=np.full((1, 3), 1.5))
    entry = replace(prototype().predictors["stack"], gap_growth=0.2)
    one, other = scale(forecast(), entry), scale(far, entry)
    np.testing.assert_allclose((other**2 - 1e-6) / (one**2 - 1e-6), np.exp(0.6))


def test_three_scales_prove_nothing_of_a_ladder() -> None:
    three = replace(forecast(), n_train=np.full((1, 3), 3.0))
    entry = prototype().predictors["stack"]
    np.testing.assert_allclose(scale(three, replace(entry, own_evidence=0.2)), scale(three, entry))


def test_the_interval_is_the_point_and_the_quantile_times_the_scale() -> None:
    calibrated = apply_calibration(forecast(), shipped(), "stack")
    assert calibrated.scale is not None
    low, high = calibrated.interval(0.9)
    spread = shipped().predictors["stack"].spread
    assert high[0, 0] == pytest.approx(0.6 + spread.ppf(0.95) * calibrated.scale[0, 0])
    assert low[0, 0] == pytest.approx(0.6 + spread.ppf(0.05) * calibrated.scale[0, 0])


def test_the_published_constants_give_the_published_interval() -> None:
    """K = 5, bv = .24 / 500: S is 4.08 points, and 90 % is 1.813 S to each side."""
    low, high = apply_calibration(forecast(), prototype(), "stack").interval(0.9)
    variance = (
        0.110 * 0.00048 + 0.180 * 0.00096 + 0.366 * 0.0003 + 0.177 * 0.0002 + 0.903 * 0.0004
        + 0.0106 * 0.01 + 0.0011 * 0.35 * 0.4 / 0.75**2
    )  # fmt: skip
    half = 1.813 * np.sqrt(1.5 * variance + 1e-6)
    np.testing.assert_allclose((low[0, 0], high[0, 0]), (0.6 - half, 0.6 + half), rtol=1e-9)


def test_members_that_diverge_are_capped() -> None:
    wild = replace(forecast(), model_variance=np.full((1, 3), 40.0))
    tame = replace(forecast(), model_variance=np.full((1, 3), 0.05))
    a, b = (apply_calibration(f, shipped(), "stack").scale for f in (wild, tame))
    np.testing.assert_array_equal(a, b)


def test_a_target_below_the_evidence_has_no_horizon() -> None:
    inside = replace(forecast(), horizon=np.full((1, 3), -2.0))
    at_the_end = replace(forecast(), horizon=np.zeros((1, 3)))
    a, b = (apply_calibration(f, shipped(), "stack").scale for f in (inside, at_the_end))
    np.testing.assert_array_equal(a, b)


def test_unknown_item_counts_take_the_default_and_say_so() -> None:
    unknown = forecast(n_items=np.nan)
    a, b = (
        apply_calibration(f, shipped(), "stack").scale
        for f in (unknown, forecast(n_items=ASSUMED_ITEMS))
    )
    np.testing.assert_array_equal(a, b)
    (note,) = calibration_notes(unknown, shipped(), "stack")
    assert "3 of 3 benchmarks" in str(note)
    assert "1000 assumed" in str(note)


def test_a_method_without_an_entry_gets_the_wider_fallback_and_it_is_said() -> None:
    own = apply_calibration(forecast(), shipped(), "stack").interval(0.9)
    other = apply_calibration(forecast(), shipped(), "home_made").interval(0.9)
    assert ((other[1] - other[0]) > (own[1] - own[0])).all()
    (note,) = calibration_notes(forecast(), shipped(), "home_made")
    assert "'home_made'" in str(note)


def test_what_is_forecast_without_public_models_has_an_entry_of_its_own() -> None:
    entry = prototype().predictors["stack"]
    wider = replace(entry, coefficients=4 * entry.coefficients)
    both = replace(prototype(), predictors={"stack": entry, without_reference("stack"): wider})
    without = replace(forecast(), reference_weight=None)
    assert both.behind(forecast(), "stack") is entry
    assert both.behind(without, "stack") is wider
    only = replace(prototype(), predictors={"stack": entry})
    assert only.behind(without, "stack") is entry


def test_a_suite_average_has_the_variance_of_partly_common_errors() -> None:
    """By hand for scales 1, 2, 6 % and rho .3: sqrt(.3 * 3^2 + .7 * 41 / 9) %."""
    calibrated = forecast().calibrated(
        np.array([[0.01, 0.02, 0.06]]), shipped().predictors["stack"].spread
    )
    average = suite_averages(calibrated, with_stack(suite_correlation=0.3), "stack")
    assert [unit.benchmark for unit in average.units] == ["all benchmarks"]
    assert average.point[0, 0] == pytest.approx(1.9 / 3)
    assert average.n_items[0, 0] == pytest.approx(1500)
    assert average.scale is not None
    assert average.scale[0, 0] == pytest.approx(0.01 * np.sqrt(0.3 * 9 + 0.7 * 41 / 9))


def test_an_average_shares_what_the_ladder_shared_in_its_own_trials() -> None:
    """Five scales are two trials; rho .3 at ten benchmarks, .3 (10/3)^.5 at three."""
    calibrated = forecast().calibrated(np.full((1, 3), 0.01), shipped().predictors["stack"].spread)
    entry = replace(
        prototype().predictors["stack"], suite_correlation=0.3, suite_dilution=0.5, suite_drift=0.0
    )
    usual = 0.3 * (10 / 3) ** 0.5
    for own, rho in ((None, usual), (0.1, (0.5 * usual + 2 * 0.1) / 2.5)):
        told = None if own is None else np.full((1, 3), own)
        average = suite_averages(
            replace(calibrated, common_error=told),
            replace(prototype(), predictors={"stack": entry}),
            "stack",
        )
        assert average.scale is not None
        assert average.scale[0, 0] ** 2 == pytest.approx(1e-4 * (rho + (1 - rho) / 3))


def test_what_public_models_miss_is_common_to_all_benchmarks_of_an_average() -> None:
    """P^2 = 1.5 * .3 * .4 * .0025 of each; the rest, of rho .3, is shared out as without them."""
    weight, about_curve = np.full((1, 3), 0.4), np.full((1, 3), 0.0025)
    told = replace(forecast(), reference_weight=weight, reference_variance=about_curve)
    shares = np.where(np.array(COMPONENTS) == "reference", 0.3, 0.0) + 0.1 * (
        np.array(COMPONENTS) == "binomial"
    )
    calibration = with_stack(coefficients=shares, suite_correlation=0.3)
    calibrated = apply_calibration(told, calibration, "stack")
    average = suite_averages(calibrated, calibration, "stack")
    assert calibrated.scale is not None
    assert average.scale is not None
    public = 1.5 * 0.3 * 0.4 * 0.0025
    own = np.sqrt(calibrated.scale[0] ** 2 - public)
    rest = 0.3 * own.mean() ** 2 + 0.7 * (own**2).sum() / 9
    assert average.scale[0, 0] ** 2 == pytest.approx(public + rest)


def test_an_average_drifts_with_the_horizon_alone() -> None:
    """Drift of (3 points)^2 per squared decade, one decade ahead: 9e-4 more; none at the end."""
    calibrated = forecast().calibrated(np.full((1, 3), 0.01), shipped().predictors["stack"].spread)
    entry = replace(prototype().predictors["stack"], suite_drift=9e-4)
    drifting = replace(prototype(), predictors={"stack": entry})
    for horizon, extra in ((1.0, 9e-4), (0.0, 0.0), (-1.0, 0.0)):
        moved = replace(calibrated, horizon=np.full((1, 3), horizon))
        still, wide = (suite_averages(moved, c, "stack").scale for c in (prototype(), drifting))
        assert still is not None
        assert wide is not None
        assert wide[0, 0] ** 2 - still[0, 0] ** 2 == pytest.approx(extra)


def test_benchmarks_outside_every_named_suite_are_in_no_average() -> None:
    calibrated = apply_calibration(forecast(suites=("core", "", "core")), shipped(), "stack")
    average = suite_averages(calibrated, shipped(), "stack")
    assert [unit.benchmark for unit in average.units] == ["core"]
    assert average.point[0, 0] == pytest.approx(0.75)


def test_one_benchmark_is_no_suite() -> None:
    for names, averaged in ((("core", "more", "core"), ["core"]), (("a", "b", "c"), [])):
        calibrated = apply_calibration(forecast(suites=names), shipped(), "stack")
        average = suite_averages(calibrated, shipped(), "stack")
        assert [unit.benchmark for unit in average.units] == averaged
        assert average.point.shape == (1, len(averaged))


def test_a_suite_with_a_refused_benchmark_has_no_average_and_says_why() -> None:
    calibrated = apply_calibration(forecast(suites=("core", "", "core")), shipped(), "stack")
    point = calibrated.point.copy()
    point[:, 2] = np.nan
    refused = replace(calibrated, point=point, failures=(None, None, "too few models"))
    average = suite_averages(refused, shipped(), "stack")
    assert np.isnan(average.point[0, 0])
    assert "no forecast of 1 of 2 benchmarks (c)" in str(average.failures[0])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("binomial: 0.110", "binomial: -0.5", "greater than or equal to 0"),
        ("binomial: 0.110", "binomal: 0.5", "predictors.stack.scale"),
        ("calibration/1", "calibration/9", "schema"),
        ("0.75: 0.66", "0.75: -7.0", "must both rise"),
    ],
)
def test_a_wrong_calibration_file_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    text = PROTOTYPE.read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        load_calibration(path)
    assert int(str(caught.value).split(":")[1]) in range(line - 9, line + 1)
