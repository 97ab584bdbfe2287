"""Scale and quantiles of past errors: right where the truth is known, blind to what is left out."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from scalepredict.cli.views.calibrate_view import calibration_yaml
from scalepredict.errors import RefusedError
from scalepredict.evaluation.backtest.rolling_origin import Cell
from scalepredict.evaluation.calibrate.coverage import BENCHMARK, nested_coverage
from scalepredict.evaluation.calibrate.estimate import calibrate, nested_cells
from scalepredict.evaluation.calibrate.scale_fit import (
    SHARES,
    SuiteErrors,
    fit_coefficients,
    fit_spread,
    fit_suite,
    weighted_quantile,
)
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import Frontier, Targets, make_forecast
from scalepredict.records.table import Checkpoint, Unit, make_table

N_BENCHMARKS = 12


def group(name: str, *, noise: float = 1.0, shift: float = 0.0, seed: int = 0) -> list[Cell]:
    """Forty targets whose errors have ``noise`` times the variance that the method states."""
    rng = np.random.default_rng(seed)
    return [_cell(name, split, noise, shift, rng) for split in range(20)]


def _cell(name: str, split: int, noise: float, shift: float, rng: np.random.Generator) -> Cell:
    checkpoints = [
        Checkpoint(model=f"m{i}", family=name, params=1e9, tokens=1e9, flops=factor * 1e18)
        for i, factor in enumerate((2.0, 8.0))
    ]
    units = [Unit(benchmark=f"b{t}") for t in range(N_BENCHMARKS)]
    shape = (len(checkpoints), len(units))
    variance = rng.uniform(0.5, 4.0, size=shape) * 1e-4
    point = np.full(shape, 0.5)
    observed = point + shift + np.sqrt(noise * variance) * rng.standard_normal(shape)
    held = make_table(checkpoints, units, observed)
    frontier = Frontier.of_table(
        make_table([replace(checkpoints[0], flops=1e18)], units, point[:1])
    )
    forecast = make_forecast(
        Targets.of_table(held), frontier, point, model_variance=variance, overdispersion=0.0
    )
    return Cell(
        predictor="stack", records=name, group=name, family=name, split=split, origin_flops=1e18,
        n_train=9, targets=held.checkpoints, units=held.units, observed=observed,
        forecast=forecast, failure=None,
    )  # fmt: skip


def test_the_likelihood_recovers_the_coefficients_of_t_errors() -> None:
    """100,000 errors: standard errors are near 1 % and 2 %; the third component is not there."""
    rng = np.random.default_rng(2)
    x = rng.uniform(0.1, 2.0, size=(3, 100_000)) * 1e-4
    error = np.sqrt(np.array([0.8, 0.3, 0.0]) @ x + 1e-6) * rng.standard_t(4, size=100_000)
    found = fit_coefficients(x, error, np.ones(100_000))
    np.testing.assert_allclose(found, [0.8, 0.3, 0.0], atol=0.06)


def test_coefficients_scale_with_the_squared_error_and_ignore_absent_components() -> None:
    rng = np.random.default_rng(3)
    x = np.stack([rng.uniform(1, 2, size=5000), np.zeros(5000)])
    error = np.sqrt(x[0]) * rng.standard_t(4, size=5000)
    one = fit_coefficients(x, error, np.ones(5000))
    nine = fit_coefficients(x, 3 * error, np.ones(5000))
    assert one[1] == 0
    assert nine[0] == pytest.approx(9 * one[0], rel=1e-3)


def test_weighted_quantiles_count_a_weight_as_repetition() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 1.0])
    found = weighted_quantile(values, weights, np.array([0.25, 0.5, 0.625]))
    np.testing.assert_allclose(found, [1.0, 1 + 2 / 3, 2.0])


def test_a_coefficient_is_not_fitted_below_the_least_asked_for() -> None:
    """Errors of variance 2 x_0: the second component explains nothing, and keeps its least."""
    rng = np.random.default_rng(6)
    x = np.stack([rng.uniform(1e-4, 4e-4, 20_000), rng.uniform(1e-4, 4e-4, 20_000)])
    error = np.sqrt(2 * x[0]) * rng.standard_t(4, size=20_000)
    free = fit_coefficients(x, error, np.ones(20_000))
    held = fit_coefficients(x, error, np.ones(20_000), np.array([0.0, 0.5]))
    assert free[1] < 0.2
    assert held[1] == pytest.approx(0.5)
    assert held[0] < free[0]


def test_the_spread_holds_its_nominal_share() -> None:
    z = np.random.default_rng(4).standard_t(3, size=20_001)
    spread = fit_spread(z, np.ones(len(z)))
    for coverage in (0.5, 0.8, 0.9, 0.95):
        half = spread.ppf(0.5 + coverage / 2)
        assert np.mean(np.abs(z) <= half) == pytest.approx(coverage, abs=0.003)


def suite_errors(
    *, size: int, rho: float, n_trials: float = 0.0, drift: float = 0.0
) -> SuiteErrors:
    """10,000 averages of scale 1 % (common) and .3 % (independent), whose trials said nothing."""
    rng = np.random.default_rng([5, size])
    ones, horizon = np.ones(10_000), rng.uniform(0, 2, size=10_000)
    variance = rho * 1e-4 + (1 - rho) * 1e-5 + drift * horizon**2
    return SuiteErrors(
        public=0 * ones,
        common=1e-4 * ones,
        independent=1e-5 * ones,
        size=size * ones,
        own=0.9 * ones,
        n_trials=n_trials * ones,
        horizon=horizon,
        error=np.sqrt(variance) * rng.standard_t(4, size=10_000),
        weights=ones,
    )


def together(*parts: SuiteErrors) -> SuiteErrors:
    columns = {f.name: [getattr(part, f.name) for part in parts] for f in fields(SuiteErrors)}
    return SuiteErrors(**{name: np.concatenate(values) for name, values in columns.items()})


def test_the_shared_part_and_the_drift_of_a_suite_are_recovered() -> None:
    """The same in suites of 10 and 40 benchmarks, drifting a point per decade."""
    parts = [suite_errors(size=size, rho=0.3, drift=1e-4) for size in (10, 40)]
    rho, dilution, drift = fit_suite(together(*parts))
    assert rho == pytest.approx(0.3, abs=0.06)
    assert dilution == 0
    assert drift == pytest.approx(1e-4)


def test_larger_suites_that_share_less_are_recognised() -> None:
    """.8 at 10 benchmarks and .8 / 4^.35 = .49 at 40."""
    parts = [suite_errors(size=10, rho=0.8), suite_errors(size=40, rho=0.8 / 4**0.35)]
    rho, dilution, _ = fit_suite(together(*parts))
    assert rho == pytest.approx(0.8, abs=0.1)
    assert dilution == 0.35


def test_what_a_ladder_found_in_trials_counts_beside_what_others_share() -> None:
    """A correlation of .9 in two trials: (.5 rho + 2 * .9) / 2.5."""
    tried = suite_errors(size=10, rho=0.3, n_trials=2.0).variance((0.2, 0.0, 0.0))
    rho = (0.5 * 0.2 + 2 * 0.9) / 2.5
    np.testing.assert_allclose(tried, rho * 1e-4 + (1 - rho) * 1e-5)


def test_intervals_hold_on_groups_of_the_same_noise() -> None:
    """Three groups of 480 errors: nested coverage of 90 % has a standard error of 1 %."""
    cells = group("a", seed=1) + group("b", seed=2) + group("c", seed=3)
    rows = nested_coverage(cells, rng=np.random.default_rng(0))
    total = next(r for r in rows if (r.of, r.group, r.factor_bin) == (BENCHMARK, "", ""))
    assert total.coverage[0.9] == pytest.approx(0.9, abs=0.03)
    assert total.coverage[0.5] == pytest.approx(0.5, abs=0.05)


def test_a_noisier_group_is_not_covered_by_what_others_taught() -> None:
    """Errors of thrice the scale: normal intervals of 90 % hold 2 Phi(1.645 / 3) - 1 = 42 %."""
    cells = group("a", seed=1) + group("b", seed=2) + group("wild", noise=9.0, seed=3)
    rows = nested_coverage(cells, rng=np.random.default_rng(0))
    wild = next(r for r in rows if (r.of, r.group, r.factor_bin) == (BENCHMARK, "wild", ""))
    assert wild.coverage[0.9] == pytest.approx(0.42, abs=0.06)


def test_the_intervals_of_a_group_do_not_see_it() -> None:
    tame = group("a", seed=1) + group("b", seed=2)
    intervals = []
    for noise in (1.0, 25.0):
        single, _ = nested_cells([*tame, *group("c", noise=noise, seed=3)])
        last = single[-1].forecast
        assert last is not None
        intervals.append(last.interval(0.9))
    np.testing.assert_array_equal(intervals[0], intervals[1])


def test_quantiles_are_of_errors_that_the_scale_has_not_seen() -> None:
    """Errors three times apart: 5 % lie beyond 4.6 of each other's scale; of a common one, 2.4."""
    made = calibrate(group("a", seed=1) + group("b", noise=9.0, seed=2), provenance={})
    assert made.predictors["stack"].spread.ppf(0.95) == pytest.approx(4.6, abs=0.5)


def test_one_group_cannot_vouch_for_itself() -> None:
    with pytest.raises(RefusedError, match="only a"):
        nested_coverage(group("a"), rng=np.random.default_rng(0))


def test_a_method_of_one_group_has_no_entry_but_the_fallback() -> None:
    lonely = [replace(cell, predictor="cod") for cell in group("a", noise=4.0, seed=3)]
    made = calibrate([*group("a", seed=1), *group("b", seed=2), *lonely], provenance={})
    assert set(made.predictors) == {"stack"}
    np.testing.assert_array_equal(made.of("cod").coefficients, made.fallback.coefficients)


def test_an_average_is_wider_where_errors_are_common() -> None:
    """A shift of two points in every group: benchmarks of one target miss together."""
    apart = calibrate(group("a", seed=1) + group("b", seed=2), provenance={})
    common = calibrate(
        group("a", shift=0.02, seed=1) + group("b", shift=-0.02, seed=2), provenance={}
    )
    rho = [c.predictors["stack"].suite_correlation for c in (apart, common)]
    assert rho[0] == SHARES[0] < rho[1]


def test_a_written_calibration_is_read_back(tmp_path: Path) -> None:
    cells = group("a", seed=1) + group("b", seed=2)
    made = calibrate(cells, provenance={"command": "calibrate a b"})
    path = tmp_path / "mine.yaml"
    path.write_text(calibration_yaml(made, []), encoding="utf-8")
    read = load_calibration(path)
    assert read.provenance["command"] == "calibrate a b"
    for ours, theirs in (
        (made.predictors["stack"], read.predictors["stack"]),
        (made.fallback, read.fallback),
    ):
        np.testing.assert_allclose(theirs.coefficients, ours.coefficients, rtol=1e-3)
        np.testing.assert_allclose(theirs.spread.quantile, ours.spread.quantile, rtol=1e-3)
        assert theirs.suite_correlation == pytest.approx(ours.suite_correlation)
