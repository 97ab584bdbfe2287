"""A model known by its scores says how far it lies beyond the evidence."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.classes.classes import Kind
from scalepredict.evaluation.forecast.forecasting import forecast_families
from scalepredict.evaluation.forecast.known_scores import fitted_models, forecast_known
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.direct.last import LastValue
from scalepredict.predictors.fit_families import Fit, fit_families
from scalepredict.predictors.interface import Predictor, Targets
from scalepredict.predictors.observational.observational import Observational
from scalepredict.predictors.scale.targets import TargetRequest, resolve_targets
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def models() -> EvalTable:
    rng = np.random.default_rng(3)
    rows = [
        Checkpoint(model=f"m{i}", family=f"f{i % 4}", params=n, tokens=1e11, flops=6e11 * n)
        for i, n in enumerate(np.geomspace(1e8, 1e10, 16))
    ]
    rise = np.linspace(-1.5, 1.5, 16)[:, None] * np.linspace(0.6, 1.2, 5)
    scores = 1 / (1 + np.exp(-rise - rng.normal(0, 0.05, (16, 5))))
    return make_table(rows, [Unit(benchmark=f"b{t}") for t in range(5)], scores)


def fitted(method: Predictor) -> Fit:
    return fit_families(models(), method, rng=np.random.default_rng(0))


def test_the_factor_is_its_compute_over_the_largest_of_the_evidence() -> None:
    fit, table = fitted(Observational()), models()
    large = Checkpoint(model="x", family="new", params=4e10, tokens=1e11, flops=2.4e22)
    known = make_table([large], table.units, table.scores[-1:])
    ((family, comparison),), refused = forecast_known(fit, known, load_calibration())
    assert not refused
    assert family.factor == pytest.approx([2.4e22 / 6e21])
    assert comparison.models == ("x",)
    assert comparison.observed == pytest.approx(table.scores[-1:])


def test_models_of_the_fit_are_found_by_name_and_other_methods_are_refused() -> None:
    table = fitted_models(fitted(Observational()), ["m3", "m7"])
    assert [c.model for c in table.checkpoints] == ["m3", "m7"]
    with pytest.raises(RefusedError, match="a fit by last forecasts from scale"):
        forecast_known(fitted(LastValue()), table, load_calibration())


def test_a_model_that_cannot_be_placed_is_left_out_and_the_others_are_forecast() -> None:
    fit, table = fitted(Observational()), models()
    rows = [Checkpoint(model=name, family=name) for name in ("fine", "empty")]
    scores = np.stack([table.scores[5], np.full(5, np.nan)])
    made, refused = forecast_known(fit, make_table(rows, table.units, scores), load_calibration())
    assert [comparison.models for _, comparison in made] == [("fine",)]
    assert list(refused) == ["empty"]
    assert "there is neither" in refused["empty"]
    lone = make_table(rows[1:], table.units, scores[1:])
    with pytest.raises(RefusedError, match=r"model .*empty.*: observational"):
        forecast_known(fit, lone, load_calibration())


def test_a_family_of_few_models_takes_the_class_of_all_where_families_are_pooled() -> None:
    fit = fitted(Observational())
    request = TargetRequest(params=(2e10,), tokens=(1e11,))
    made, _ = forecast_families(
        fit, lambda evidence: resolve_targets(evidence, request), load_calibration()
    )
    assert len(made) == 4
    for family in made:
        assert len(family.evidence.checkpoints) == 4
        assert Kind.TOO_FEW not in family.classes.kinds
        assert not any("evidence; with" in str(text) for text in family.target_warnings[0])


def test_families_that_were_not_asked_for_are_passed_over() -> None:
    def only_f1(evidence: EvalTable) -> Targets:
        if evidence.families != ("f1",):
            raise RefusedError("not measured")
        return resolve_targets(evidence, TargetRequest(params=(2e10,), tokens=(1e11,)))

    fit = fitted(Observational())
    made, refused = forecast_families(fit, only_f1, load_calibration(), among=("f1", "f2"))
    assert [family.family for family in made] == ["f1"]
    assert list(refused) == ["f2"]
    with pytest.raises(RefusedError, match="none of 4 families of the fit was measured"):
        forecast_families(fit, only_f1, load_calibration(), among=("other",))
