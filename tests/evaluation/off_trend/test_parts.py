"""The parts of the gate: the line through the past, the global test, the noise, the copies."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scalepredict.evaluation.off_trend.against_past import predict_next
from scalepredict.evaluation.off_trend.copied_scores import find_copies
from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.global_test import Direction, Noise, assess, significant
from scalepredict.evaluation.off_trend.null import learn_noise, log_t
from scalepredict.evaluation.off_trend.rules import Finding, Level
from scalepredict.evaluation.off_trend.runs import runs_of
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

GATE = load_gate().gate
X = np.log([40e9, 60e9, 80e9, 100e9, 120e9])


def test_a_steep_line_is_continued_exactly_and_a_flat_noisy_one_is_not() -> None:
    line = 0.3 + 0.1 * X - 0.1 * X[0]
    flat = 0.5 + np.array([0.001, -0.001, 0.001, -0.001, 0.001])
    step = predict_next(
        X,
        np.stack([line, flat], axis=1),
        np.arange(5.0, 0, -1),
        at=np.log(140e9),
        n_items=np.array([1e7, 1000.0]),
    )
    assert step.expected[0] == pytest.approx(0.3 + 0.1 * np.log(140 / 40), abs=2e-4)
    assert step.expected[1] == pytest.approx(0.5, abs=1e-3)
    assert np.sqrt(step.variance[1]) == pytest.approx(0.0158 * np.sqrt(1.26), rel=0.03)


def test_a_unit_with_three_scores_or_only_distant_ones_has_no_prediction() -> None:
    scores = np.full((5, 2), 0.4)
    scores[:2, 1] = np.nan
    ages = np.arange(5.0, 0, -1)
    near = predict_next(X, scores, ages, at=np.log(140e9), n_items=np.full(2, 100.0))
    assert np.isfinite(near.expected).tolist() == [True, False]
    far = predict_next(X, scores, ages, at=np.log(1300e9), n_items=np.full(2, 100.0))
    assert np.isnan(far.expected).all()


def quiet(n: int) -> Noise:
    return Noise(phi=np.ones(n), tail=8.0, shift=(0.0, 1.0), energy=(1.0, 0.5))


def test_the_largest_deviation_is_corrected_for_the_number_of_benchmarks() -> None:
    z = np.array([0.3, -0.2, 5.0, 0.1, -0.4, 0.2, -0.1, 0.3])
    outcome = assess(z, np.ones(8), quiet(8), Direction.BOTH)
    single = 2 * stats.t.sf(5.0, 8)
    assert outcome.unit_p[2] == pytest.approx(single)
    assert outcome.p_value == pytest.approx((1 - (1 - single) ** 8) / 0.4)


def test_a_common_shift_is_found_that_no_single_benchmark_shows() -> None:
    outcome = assess(np.full(8, -1.5), np.ones(8), quiet(8), Direction.BOTH)
    assert outcome.shift == pytest.approx(-1.5 * np.sqrt(8))
    assert outcome.p_value == pytest.approx(2 * stats.t.sf(1.5 * np.sqrt(8), 10) / 0.4)
    high = assess(np.full(8, 1.5), np.ones(8), quiet(8), Direction.LOW)
    assert high.p_value == 1.0


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    p = np.random.default_rng(0).uniform(0, 1, 40) ** 3
    assert 0 < significant(p, 0.1).sum() < 40
    expected = stats.false_discovery_control(p) <= 0.1
    np.testing.assert_array_equal(significant(p, 0.1), expected)


def test_the_density_of_t_agrees_with_scipy() -> None:
    x = np.array([-3.0, 0.5, 2.0])
    np.testing.assert_allclose(log_t(x, 7.0), stats.t.logpdf(x, 7.0))


def test_noise_is_learned_from_many_checkpoints_and_defaults_hold_without_any() -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((400, 6)) * np.sqrt([0.3, 0.3, 0.3, 2.0, 2.0, 2.0])
    options = {"defaults": GATE.noise, "direction": Direction.BOTH}
    learned = learn_noise(z, np.ones_like(z), np.ones(400), **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(learned.phi, [0.3] * 3 + [2.0] * 3, rtol=0.3)
    assert learned.shift[1] == pytest.approx(1.0, abs=0.2)
    none = learn_noise(z[:0], z[:0], np.ones(0), **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(none.phi, 1.0)
    assert none.tail == 8.0


def test_a_few_broken_checkpoints_do_not_widen_the_gate() -> None:
    z = np.random.default_rng(1).standard_normal((200, 6))
    options = {"defaults": GATE.noise, "direction": Direction.BOTH}
    clean = learn_noise(z, np.ones_like(z), np.ones(200), **options)  # type: ignore[arg-type]
    z[:10] -= 8.0
    dirty = learn_noise(z, np.ones_like(z), np.ones(200), **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(dirty.phi, clean.phi, rtol=0.15)
    assert dirty.shift[1] == pytest.approx(clean.shift[1], rel=0.1)


def records(scores: list[list[float]], *, n_items: float = 1000.0) -> EvalTable:
    return make_table(
        [
            Checkpoint(model=f"m{i}", params=1e9, tokens=1e11, step=50_000.0)
            for i in range(len(scores))
        ],
        [Unit(benchmark=f"b{t}") for t in range(len(scores[0]))],
        np.array(scores),
        n_items=np.full((len(scores), len(scores[0])), n_items),
    )


def test_five_of_eight_exact_ties_are_a_copy_and_three_are_not() -> None:
    base = [0.31, 0.42, 0.53, 0.64, 0.75, 0.81, 0.22, 0.37]
    five = [*base[:5], 0.811, 0.221, 0.371]
    three = [*base[:3], 0.641, 0.751, 0.812, 0.222, 0.372]
    copies = find_copies(records([base, five, three]), np.arange(3), GATE.copies)
    assert {row: (c.of, c.n_equal, c.n_compared) for row, c in copies.items()} == {
        0: (1, 5, 8),
        1: (0, 5, 8),
    }


def test_ties_at_zero_or_on_small_benchmarks_are_no_copy() -> None:
    zeros = [[0.0] * 7 + [0.31], [0.0] * 7 + [0.32]]
    assert not find_copies(records(zeros), np.arange(2), GATE.copies)
    small = [[0.31, 0.42, 0.53, 0.64, 0.75]] * 2
    assert find_copies(records(small), np.arange(2), GATE.copies)
    assert not find_copies(records(small, n_items=100.0), np.arange(2), GATE.copies)


def test_a_fingerprint_ignores_values_and_the_place_but_not_the_benchmark() -> None:
    low = Finding(rule="off-trend-low", level=Level.ERROR, message="x", benchmark="b", observed=0.1)
    early, late = Checkpoint(model="m", step=1.0), Checkpoint(model="m", step=2.0, line=7)
    assert low.fingerprint(early) == replace(low, observed=0.2, message="y").fingerprint(late)
    assert low.fingerprint(early) != replace(low, benchmark="c").fingerprint(early)
    assert low.fingerprint(early) != low.fingerprint(Checkpoint(model="n"))


def test_phases_of_one_model_are_runs_of_their_own() -> None:
    table = records([[0.5], [0.6], [0.7]])
    phases = ("stable", "decay", "stable")
    checkpoints = tuple(
        replace(c, model="m", phase=phase, tokens=1e9 * (3 - i))
        for i, (c, phase) in enumerate(zip(table.checkpoints, phases, strict=True))
    )
    found = runs_of(replace(table, checkpoints=checkpoints))
    assert [(run.phase, run.rows.tolist()) for run in found] == [("stable", [2, 0]), ("decay", [1])]
