"""Forecasts of families: the right units, independent streams, refusals that name the family."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.fit_quality import fit_error
from scalepredict.evaluation.forecast.forecasting import forecast_families
from scalepredict.evaluation.forecast.measured import Measured, compare
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.fit_families import Fit, fit_families
from scalepredict.predictors.interface import (
    Forecast,
    Frontier,
    Targets,
    fitting_stream,
    make_forecast,
)
from scalepredict.predictors.scale.targets import TargetRequest, resolve_targets
from scalepredict.records.evidence import LAST
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SIZES = {"small": (1e8, 3e8, 9e8, 2.7e9), "large": (1e8, 4e8, 1.6e9, 6.4e9, 2.5e10, 1e11)}
CALIBRATION = load_calibration()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnLaw:
    """Forecasts a score drawn for each unit: shows which random stream a family was given."""

    frontier: Frontier
    drawn: Floats

    def forecast(self, targets: Targets) -> Forecast:
        return make_forecast(targets, self.frontier, self.drawn)

    def notes(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    name: ClassVar[str] = "stack"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> DrawnLaw:
        drawn = fitting_stream(rng).uniform(0.32, 0.4, len(table.units))
        return DrawnLaw(frontier=Frontier.of_table(table), drawn=drawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled(Drawn):
    pools_families: ClassVar[bool] = True


def records() -> EvalTable:
    """Two families; benchmark ``only_large`` was measured on one of them."""
    rows = [
        Checkpoint(model=f"{family}-{n:g}", family=family, params=n, tokens=1e11, flops=6e11 * n)
        for family, sizes in SIZES.items()
        for n in sizes
    ]
    units = [Unit(benchmark=name, chance=0.25) for name in ("only_large", "both")]
    scores = np.column_stack([np.linspace(0.3, 0.6, len(rows)), np.linspace(0.7, 0.4, len(rows))])
    scores[: len(SIZES["small"]), 0] = np.nan
    return make_table(rows, units, scores, n_items=np.full(scores.shape, 1000.0))


def fitted(predictor: Drawn) -> Fit:
    return fit_families(records(), predictor, rng=np.random.default_rng(0))


@pytest.mark.parametrize("predictor", [Drawn(), Pooled()])
def test_each_family_has_its_own_benchmarks_and_its_own_factor(predictor: Drawn) -> None:
    forecasts, refused = forecast_families(
        fitted(predictor),
        lambda evidence: resolve_targets(evidence, TargetRequest(params=[2e11])),
        CALIBRATION,
    )
    assert refused == {}
    names = {f.family: [unit.benchmark for unit in f.forecast.units] for f in forecasts}
    assert names == {"small": ["both"], "large": ["only_large", "both"]}
    factor = {f.family: f.factor[0] for f in forecasts}
    assert factor == pytest.approx({"small": 2e11 / 2.7e9, "large": 2.0})
    last = {f.family: f.forecast.last[0, -1] for f in forecasts if predictor == Drawn()}
    assert last == ({} if predictor != Drawn() else pytest.approx({"small": 0.6, "large": 0.4}))


def test_asking_for_one_family_does_not_change_its_numbers() -> None:
    def run(families: tuple[str, ...]) -> dict[str, float]:
        forecasts, _ = forecast_families(
            fitted(Drawn()),
            lambda evidence: resolve_targets(evidence, TargetRequest(params=[2e11])),
            CALIBRATION,
            families=families,
        )
        return {f.family: float(f.forecast.point[0, -1]) for f in forecasts}

    assert run(("large",)) == {"large": run(())["large"]}


def test_out_of_reach_is_refused_by_family_and_for_all_at_once() -> None:
    def run(params: float, families: tuple[str, ...] = ()) -> list[str]:
        forecasts, refused = forecast_families(
            fitted(Drawn()),
            lambda evidence: resolve_targets(evidence, TargetRequest(params=[params])),
            CALIBRATION,
            families=families,
        )
        return [f.family for f in forecasts] + [f"not {name}" for name in refused]

    assert run(1e12) == ["large", "not small"]
    with pytest.raises(RefusedError, match="family 'small': target 1T params"):
        run(1e12, ("small",))
    with pytest.raises(RefusedError, match="family 'large': target 100T params"):
        run(1e14)


def test_probabilities_and_bounds_follow_from_the_calibrated_distribution() -> None:
    (forecast,), _ = forecast_families(
        fitted(Drawn()),
        lambda evidence: resolve_targets(evidence, TargetRequest(params=[2e11, 1e12])),
        CALIBRATION,
        families=("large",),
    )
    assert forecast.upper == pytest.approx(forecast.forecast.interval(0.9)[1])
    above = 1 - forecast.forecast.cdf(np.full((2, 2), 0.30))
    assert forecast.p_above_chance == pytest.approx(above)
    assert ((above > 0.5) & (above < 1)).all()


def test_measured_scores_are_matched_by_params_and_tokens() -> None:
    (forecast,), _ = forecast_families(
        fitted(Drawn()),
        lambda evidence: resolve_targets(
            evidence, TargetRequest(params=[2.4e10, 5e10], tokens=[1.02e11])
        ),
        CALIBRATION,
        families=("large",),
    )
    truth = Measured(records=records(), choice=LAST, phases=None)
    comparison = compare(forecast, truth.checkpoints("large"))
    assert comparison.models == ("large-2.5e+10", "")
    row = records().scores[8]
    assert comparison.observed[0] == pytest.approx(row)
    assert np.isnan(comparison.observed[1]).all()
    found = comparison.of_target(0, np.array([1]))
    assert found.n_benchmarks == 1
    assert found.mean_absolute_error == pytest.approx(abs(forecast.forecast.point[0, 1] - row[1]))
    assert comparison.suites[0, 0] == pytest.approx(row.mean())


def test_measured_beyond_the_evidence_are_targets_from_small_to_large() -> None:
    evidence = records().take_rows([6, 4, 5])
    truth = Measured(records=records(), choice=LAST, phases=None)
    assert truth.beyond(evidence).params.tolist() == [6.4e9, 2.5e10, 1e11]
    with pytest.raises(RefusedError, match="no measured checkpoint of family 'large' is larger"):
        truth.beyond(records().of_family("large"))


def test_fit_error_weighs_recent_residuals_more() -> None:
    evidence = records().of_family("large")
    frontier = Frontier.of_table(evidence)
    targets = Targets.of_table(evidence)
    late, early = evidence.scores.copy(), evidence.scores.copy()
    late[-1] += 0.1
    early[0] += 0.1
    errors = [
        fit_error(make_forecast(targets, frontier, point), evidence) for point in (late, early)
    ]
    decades = np.log10(np.array(SIZES["large"]) / SIZES["large"][-1])
    weight = np.exp(decades) / np.exp(decades).sum()
    assert errors[0] == pytest.approx([0.1 * weight[-1]] * 2)
    assert errors[1] == pytest.approx([0.1 * weight[0]] * 2)
