"""Completion of model cards: low rank is recovered, own scores stay out, intervals hold."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration import apply_calibration
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.interface import PROBABILITIES, Forecast, Targets
from scalepredict.predictors.observational.capability_law import ObservationalLaw
from scalepredict.predictors.observational.completion import complete, fit_completion
from scalepredict.predictors.observational.observational import Observational
from scalepredict.records.table import Bools, Checkpoint, EvalTable, Floats, Unit, make_table


def cards(*, models: int = 60, units: int = 9, noise: float = 0.01, seed: int = 0) -> EvalTable:
    """Two abilities behind all scores; a third of the cells is empty."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=(models, 2)) * [1.2, 0.6]
    loading = np.abs(rng.normal(size=(units, 2))) * [1, 1] + [0.5, 0]
    scores = expit(ability @ loading.T + rng.normal(scale=0.7, size=units))
    scores = np.clip(scores + noise * rng.normal(size=scores.shape), 0, 1)
    scores[rng.random(scores.shape) < 1 / 3] = np.nan
    rows = [Checkpoint(model=f"m{i}", family=f"m{i}") for i in range(models)]
    return make_table(rows, [Unit(benchmark=f"b{t}") for t in range(units)], scores)


def known(law: ObservationalLaw, table: EvalTable) -> Forecast:
    return law.forecast(replace(Targets.of_table(table), known=table))


def hide(table: EvalTable, seed: int) -> tuple[EvalTable, Bools]:
    rng = np.random.default_rng(seed)
    hidden = np.isfinite(table.scores) & (rng.random(table.scores.shape) < 0.2)
    return table.with_scores(np.where(hidden, np.nan, table.scores)), hidden


def test_low_rank_scores_are_recovered_where_they_are_hidden() -> None:
    table = cards(noise=0.0)
    rest, hidden = hide(table, 1)
    found, _ = complete(fit_completion(rest.scores), rest.scores)
    error = np.abs(found - table.scores)[hidden]
    median = np.abs(np.nanmedian(rest.scores, axis=0) - table.scores)[hidden]
    assert np.median(error) < 0.2 * np.median(median)


def test_a_cell_is_completed_without_its_own_score() -> None:
    table = cards()
    completion = fit_completion(table.scores)
    row, unit = 3, int(np.flatnonzero(np.isfinite(table.scores[3]))[0])
    moved, without = table.scores.copy(), table.scores.copy()
    moved[row, unit], without[row, unit] = 1 - moved[row, unit], np.nan
    found = [
        complete(completion, scores)[0][row, unit] for scores in (table.scores, moved, without)
    ]
    assert found == pytest.approx([found[0]] * 3, rel=1e-9)


def test_a_model_without_a_score_is_an_average_one() -> None:
    completion = fit_completion(cards().scores)
    nothing: Floats = np.full((1, 9), np.nan)
    assert np.allclose(complete(completion, nothing)[0][0], expit(completion.mean), atol=0.05)


def test_intervals_of_hidden_scores_hold_in_nine_of_ten() -> None:
    """340 scores of 5 worlds: a right interval leaves .85 to .95 about once in 500 runs."""
    inside, count = 0, 0
    for seed in range(5):
        table = cards(seed=seed)
        rest, hidden = hide(table, seed)
        made = known(Observational().fit(rest), rest)
        assert made.quantiles is not None
        low, high = (made.quantiles[:, :, i] for i in np.searchsorted(PROBABILITIES, [0.05, 0.95]))
        judged = hidden & np.isfinite(low)
        inside += int(((low <= table.scores) & (table.scores <= high))[judged].sum())
        count += int(judged.sum())
    assert count > 300
    assert 0.85 <= inside / count <= 0.95


def test_intervals_are_those_of_models_left_out_for_models_of_the_evidence_alone() -> None:
    table = cards()
    law = Observational().fit(table)
    strangers = make_table(
        [replace(c, model=f"new {c.model}") for c in table.checkpoints], table.units, table.scores
    )
    own, other = (known(law, rows).quantiles for rows in (table, strangers))
    assert own is not None
    assert other is not None
    assert np.isfinite(own).any(axis=2).mean() > 0.7
    assert np.isnan(other).all()


def test_intervals_of_completed_cards_are_as_conformal_prediction_makes_them() -> None:
    """What losses of other sources asked for stretches no interval of a score."""
    table = cards()
    made = known(Observational().fit(table), table)
    assert made.quantiles is not None
    shipped = load_calibration(None)
    for stretch in (0.5, 2.0):
        calibrated = apply_calibration(made, replace(shipped, stretch=stretch), "observational")
        assert calibrated.quantiles is not None
        assert np.array_equal(calibrated.quantiles, made.quantiles, equal_nan=True)


def test_intervals_hold_where_few_models_were_measured() -> None:
    """Scores of benchmarks that three models were measured on, of 2 worlds."""
    inside: list[bool] = []
    for seed in range(2):
        table = cards(seed=seed)
        for unit in range(3):
            rows = np.flatnonzero(np.isfinite(table.scores[:, unit]))
            scores = table.scores.copy()
            scores[rows[3:], unit] = np.nan
            rest = table.with_scores(scores)
            made = known(Observational().fit(rest), rest)
            assert made.quantiles is not None
            low, high = (
                made.quantiles[rows[3:], unit, i]
                for i in np.searchsorted(PROBABILITIES, [0.05, 0.95])
            )
            observed = table.scores[rows[3:], unit]
            judged = np.isfinite(low)
            inside += ((low <= observed) & (observed <= high))[judged].tolist()
    assert len(inside) > 100
    assert np.mean(inside) > 0.85


def test_a_benchmark_with_two_scores_is_completed_but_not_forecast_from_scale() -> None:
    table = cards()
    scores = table.scores.copy()
    scores[2:, 8] = np.nan
    scores[:2, 8] = [0.4, 0.6]
    law = Observational().fit(table.with_scores(scores))
    made = known(law, table.with_scores(scores))
    assert law.failures[8] is not None
    assert made.failures[8] is None
    assert np.isfinite(made.point).all()


def test_a_model_known_on_no_standard_benchmark_is_completed() -> None:
    table = cards()
    scores = table.scores.copy()
    scores[10:, 8] = np.nan  # measured on too few models to be standard
    scores[0], scores[0, 8] = np.nan, 0.7
    law = Observational().fit(table.with_scores(scores))
    assert 8 not in law.standard
    assert law.left_out == ("m0",)
    lone = table.with_scores(scores).take_rows([0])
    assert np.isfinite(known(law, lone).point).all()
    nothing = lone.with_scores(np.full((1, 9), np.nan))
    with pytest.raises(RefusedError, match="there is neither"):
        known(law, nothing)


def test_the_fewer_scores_are_known_the_wider_is_the_interval() -> None:
    table = cards(noise=0.03)
    law = Observational().fit(table)
    whole = int(np.argmax(np.isfinite(table.scores).sum(axis=1)))
    target = int(np.flatnonzero(np.isfinite(table.scores[whole]))[0])
    widths = []
    for kept in (1, 6):
        few = table.scores[[whole]]
        columns = [i for i in np.flatnonzero(np.isfinite(few[0])) if i != target][:kept]
        few = np.where(np.isin(np.arange(9), columns), few, np.nan)
        quantiles = known(law, table.take_rows([whole]).with_scores(few)).quantiles
        assert quantiles is not None
        widths.append(float(np.ptp(quantiles[0, target, 3:10])))
    assert widths[0] > 1.3 * widths[1]
