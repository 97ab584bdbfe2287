"""What a fit rests on: the evidence of known compute, its last scores, and what is in doubt."""

from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.classes.classes import Kind
from scalepredict.evaluation.forecast.fit_summary import FamilySummary, summarise
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.predictors.direct.trend import Trend
from scalepredict.predictors.fit_families import fit_families
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def table(n_models: int = 6) -> EvalTable:
    """A benchmark whose logit is a line in log C, and one at chance."""
    x = np.arange(n_models) * 0.5
    rising = 0.25 + 0.75 / (1 + np.exp(1.0 - 0.9 * x))
    scores = np.stack([rising, np.full(n_models, 0.25)], axis=1)
    rungs = [
        Checkpoint(model=f"m{i}", family="f", params=1e8, tokens=1e9, flops=6e17 * 10 ** (0.5 * i))
        for i in range(n_models)
    ]
    units = [Unit(benchmark="up", chance=0.25), Unit(benchmark="flat", chance=0.25)]
    return make_table(rungs, units, scores, n_items=np.full(scores.shape, 2000.0))


def summaries(evidence: EvalTable) -> tuple[FamilySummary, ...]:
    rng = np.random.default_rng(0)
    return summarise(fit_families(evidence, Trend(), rng=rng), load_calibration(), rng=rng)


def test_a_family_is_told_with_its_classes_and_its_last_scores() -> None:
    evidence = table()
    (summary,) = summaries(evidence)
    assert summary.family == "f"
    assert summary.classes.kinds == (Kind.RISING, Kind.AT_CHANCE)
    np.testing.assert_allclose(summary.last, evidence.scores[-1])
    assert summary.fit_error[0] < 0.005
    assert [note.code for note in summary.doubts[1]] == ["at-chance"]


def test_few_models_are_a_doubt_about_the_whole() -> None:
    assert "few-models" not in {note.code for note in summaries(table())[0].warnings}
    assert "few-models" in {note.code for note in summaries(table(4))[0].warnings}


def test_checkpoints_of_unknown_compute_have_no_part() -> None:
    evidence = table()
    known = (*evidence.checkpoints[:-1], replace(evidence.checkpoints[-1], family="g"))
    mixed = replace(evidence, checkpoints=known)
    rng = np.random.default_rng(0)
    fit = fit_families(mixed, Trend(), rng=rng)
    assert set(fit.refused) == {"g"}
    (summary,) = summarise(fit, load_calibration(), rng=rng)
    assert len(summary.evidence.checkpoints) == 5
    assert summary.last[0] == pytest.approx(evidence.scores[-2, 0])
