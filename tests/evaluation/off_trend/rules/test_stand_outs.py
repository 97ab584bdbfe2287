"""Which benchmarks carry a deviation, by Benjamini and Hochberg, and what kind of one it is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.scene import Scene, Trial
from scalepredict.evaluation.off_trend.rules.stand_outs import (
    Kind,
    kind_of,
    leaving_chance,
    look_at,
    significant,
    standing_out,
)
from scalepredict.records.table import EvalTable, Floats
from tests.evaluation.off_trend.rules.made_runs import GATE, N_ITEMS, changed, runs, scene


def trial_at(here: Scene) -> Trial:
    (trial,) = (t for t in here.trials if t.judgement.worse is not None)
    return trial


def test_benjamini_and_hochberg_by_hand() -> None:
    p = np.array([0.9, 0.001, 0.03, 0.02, 0.5])
    # Sorted .001 .02 .03 .5 .9 against .05 i / 5: the third is the last that passes.
    np.testing.assert_array_equal(significant(p, 0.05), [False, True, True, True, False])
    np.testing.assert_array_equal(significant(p, 0.01), [False, True, False, False, False])
    # A p-value that fails its own line passes below one that passes.
    np.testing.assert_array_equal(significant(np.array([0.04, 0.045]), 0.05), [True, True])
    assert not significant(np.array([0.06, 0.5]), 0.05).any()


def test_a_benchmark_that_fell_stands_out_with_its_deviation() -> None:
    drop = np.zeros(6)
    drop[4] = -0.1
    here = scene(changed(runs(1, 1e9), 9, drop), 9)
    look = look_at(here, trial_at(here), Side.WORSE)
    assert int(np.argmin(look.z)) == 4
    assert look.z[4] < -5
    assert look.p[4] < 1e-4
    assert list(np.flatnonzero(standing_out(look, 0.05))) == [4]
    assert look.observed[4] == here.evidence.table.scores[9, 4]
    low, high = look.ends
    assert look.observed[4] < low[4] < look.expected[4] < high[4]
    assert look.expected[4] - look.observed[4] == pytest.approx(0.1, abs=0.03)


def test_the_most_extreme_benchmark_stands_out_even_if_none_is_significant() -> None:
    here = scene(runs(1, 1e9), 9)
    look = look_at(here, trial_at(here), Side.WORSE)
    assert list(np.flatnonzero(standing_out(look, 1e-12))) == [int(np.argmin(look.p))]


def test_better_together_is_a_decay_phase_and_worse_is_not() -> None:
    better, worse = (scene(changed(runs(2, 1e9), 9, d), 9) for d in (0.05, -0.05))
    assert kind_of(better, trial_at(better)) is Kind.DECAY
    assert kind_of(worse, trial_at(worse)) is Kind.OFF_TREND


def test_one_benchmark_that_leaves_chance_is_emerging() -> None:
    table = runs(5, 1e9)
    rng = np.random.default_rng(0)
    scores = table.scores.copy()
    scores[:, 3] = rng.binomial(N_ITEMS, 0.25, len(scores)) / N_ITEMS
    scores[9, 3] = 0.36
    here = scene(table.with_scores(scores), 9)
    trial = trial_at(here)
    np.testing.assert_array_equal(leaving_chance(here, trial), np.arange(6) == 3)
    assert kind_of(here, trial) is Kind.EMERGING
    # The same rise of a benchmark that is far from chance is no emergence.
    rise = np.zeros(6)
    rise[1] = 0.11
    far = scene(changed(runs(5, 1e9), 9, rise), 9)
    assert not leaving_chance(far, trial_at(far)).any()
    assert kind_of(far, trial_at(far)) is Kind.OFF_TREND


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=12), st.floats(0.01, 0.5))
def test_what_stands_out_is_what_scipy_finds(p: list[float], share: float) -> None:
    """The adjusted p-value of Benjamini and Hochberg is at most the rate."""
    values = np.array(p)
    adjusted = stats.false_discovery_control(values)
    clear = np.abs(adjusted - share) > 1e-9  # ties of rounding aside
    np.testing.assert_array_equal(significant(values, share)[clear], (adjusted <= share)[clear])


def test_the_interval_is_wider_the_smaller_alpha_and_the_fewer_the_questions() -> None:
    def width(table: EvalTable, alpha: float) -> Floats:
        here = scene(table, 9, gate=replace(GATE, alpha=alpha))
        low, high = look_at(here, trial_at(here), Side.WORSE).ends
        width: Floats = high - low
        return width

    table = runs(1, 1e9)
    plain = width(table, 0.01)
    assert (width(table, 0.001) > plain).all()
    assert (width(table, 0.2) < plain).all()
    few = replace(table, n_items=np.full_like(table.n_items, 200.0))
    assert (width(few, 0.01) > plain).all()


def test_a_benchmark_that_was_not_measured_does_not_stand_out() -> None:
    table = runs(1, 1e9)
    scores = table.scores.copy()
    scores[9, 2] = np.nan
    here = scene(table.with_scores(scores), 9)
    look = look_at(here, trial_at(here), Side.WORSE)
    assert np.isnan(look.z[2])
    assert look.p[2] == 1.0
    assert not standing_out(look, 0.99)[2]


def test_each_side_has_p_values_of_its_own() -> None:
    here = scene(changed(runs(1, 1e9), 9, -0.05), 9)
    trial = trial_at(here)
    low, high = (look_at(here, trial, side) for side in (Side.WORSE, Side.BETTER))
    assert (low.p < 0.5).all()
    assert (high.p > 0.5).all()
    np.testing.assert_array_equal(low.observed, high.observed)


def test_a_benchmark_leaves_chance_if_it_was_there_a_short_while_ago() -> None:
    table = runs(5, 1e9)
    scores = table.scores.copy()
    scores[:, 3] = 0.45
    scores[4, 3] = 0.26
    here = scene(table.with_scores(scores), 9)
    assert list(np.flatnonzero(leaving_chance(here, trial_at(here)))) == [3]
    scores[4, 3] = 0.29  # four points above are clear of it, at 2000 questions
    here = scene(table.with_scores(scores), 9)
    assert not leaving_chance(here, trial_at(here)).any()
