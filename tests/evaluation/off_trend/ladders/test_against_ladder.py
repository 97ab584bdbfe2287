"""A model against its ladder, with a forecast whose distribution is known."""

import numpy as np
import pytest
from scipy import stats

from scalepredict.evaluation.intervals.calibration import (
    COMPONENTS,
    Calibration,
    PredictorCalibration,
)
from scalepredict.evaluation.off_trend.ladders.against_ladder import (
    Ladder,
    against_ladder,
    is_finished,
    level_ladder,
    sibling_ladder,
)
from scalepredict.predictors.direct.last import LastValue
from scalepredict.predictors.fit_families import FittedGroup
from scalepredict.predictors.interface import Spread
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

RHO = 0.2
SCALE = np.sqrt((1 + 2 / 3) * 1e-4 + 1e-6)  # four models; binomial variance 1e-4, see below
PROBABILITY = np.array([1e-6, 0.01, 0.5, 0.99, 1 - 1e-6])
NORMAL = Spread(probability=PROBABILITY, quantile=stats.norm.ppf(PROBABILITY))
UNITS = [Unit(benchmark=name, metric="acc", chance=0.25) for name in "abc"]


def calibration() -> Calibration:
    entry = PredictorCalibration(
        coefficients=np.eye(len(COMPONENTS))[COMPONENTS.index("binomial")],
        small_evidence=2.0,
        spread=NORMAL,
        suite_correlation=RHO,
        suite_drift=0.0,
        suite_spread=NORMAL,
        reference_z2=1.0,
    )
    return Calibration(predictors={"last": entry}, fallback=entry, provenance={}, source="test")


def models(*scores: float, tokens: float = 1e11) -> EvalTable:
    """Models of 1, 2, 3 ... billion parameters that have one score on all three benchmarks."""
    return make_table(
        [
            Checkpoint(model=f"m{i}", params=1e9 * i, tokens=tokens, flops=6e9 * i * tokens)
            for i in range(1, len(scores) + 1)
        ],
        UNITS,
        np.repeat(np.array(scores)[:, None], 3, axis=1),
        n_items=np.full((len(scores), 3), 2500.0),
    )


def ladder() -> Ladder:
    evidence = models(0.5, 0.5, 0.5, 0.5)
    law = LastValue().fit(evidence)
    group = FittedGroup(families=("default",), evidence=evidence, law=law)
    return Ladder(group=group, predictor="last", calibration=calibration())


def test_the_common_shift_counts_the_correlation_of_errors() -> None:
    table = models(0.5, 0.5, 0.5, 0.5, 0.5 - 2 * SCALE)
    outcome = against_ladder(table, 4, ladder(), alpha=0.01, one_sided=False)
    assert outcome is not None
    np.testing.assert_allclose(outcome.z, -2.0, atol=1e-9)
    shift = -2.0 / np.sqrt((1 + 2 * RHO) / 3)
    assert outcome.shift == pytest.approx(shift)
    single = 2 * stats.norm.sf(2.0)
    largest = 1 - (1 - single) ** 3
    assert outcome.p_value == pytest.approx(2 * min(2 * stats.norm.sf(-shift), largest))
    np.testing.assert_allclose(outcome.high - 0.5, SCALE * stats.norm.ppf(0.995), rtol=0.02)


def test_high_scores_do_not_count_where_only_low_ones_do() -> None:
    table = models(0.5, 0.5, 0.5, 0.5, 0.5 + 4 * SCALE)
    both, low = (
        against_ladder(table, 4, ladder(), alpha=0.01, one_sided=one_sided)
        for one_sided in (False, True)
    )
    assert both is not None
    assert low is not None
    assert both.p_value < 0.01
    assert low.p_value > 0.5


def test_a_benchmark_of_another_metric_is_not_compared() -> None:
    table = models(0.5, 0.5, 0.5, 0.5, 0.1)
    other = tuple(Unit(benchmark=u.benchmark, metric="acc_norm") for u in table.units)
    strange = make_table(table.checkpoints, other, table.scores, n_items=table.n_items)
    assert against_ladder(strange, 4, ladder(), alpha=0.01, one_sided=False) is None


def test_only_a_model_trained_as_long_as_the_ladder_is_finished() -> None:
    table = models(0.5, 0.5, 0.5, 0.5, 0.5)
    assert is_finished(table, 4, ladder())
    assert not is_finished(models(*[0.5] * 5, tokens=5e10), 4, ladder())


def test_a_ladder_of_siblings_needs_four_smaller_models() -> None:
    table = models(0.5, 0.5, 0.5, 0.5, 0.5)
    made = sibling_ladder(table, 4, LastValue(), calibration())
    assert made is not None
    assert len(made.group.evidence.checkpoints) == 4
    assert sibling_ladder(table, 3, LastValue(), calibration()) is None
    assert level_ladder(table, 4, LastValue(), calibration()) is not None
    late = make_table(
        [*table.checkpoints[:4], Checkpoint(model="m5", params=5e9, tokens=2e11, flops=6e21)],
        UNITS,
        table.scores,
        n_items=table.n_items,
    )
    assert level_ladder(late, 4, LastValue(), calibration()) is None


def test_runs_of_nearly_the_same_size_are_no_rungs() -> None:
    table = models(0.5, 0.52, 0.54, 0.56, 0.58, 0.6)
    found = sibling_ladder(table, 5, LastValue(), calibration())
    assert found is not None
    assert [c.model for c in found.group.evidence.checkpoints] == ["m1", "m2", "m3", "m4"]
    assert level_ladder(table.take_rows([2, 3, 4, 5]), 3, LastValue(), calibration()) is None
