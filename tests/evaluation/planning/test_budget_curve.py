"""The curve never rises, says what it cannot promise, and is the same for permuted rows."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.planning.budget_curve import (
    Plan,
    best_so_far,
    least_budget,
    make_plan,
    never_wider,
)
from scalepredict.evaluation.planning.filled_in import Ladder, widths_now, widths_with
from scalepredict.evaluation.planning.next_runs import Run, Space
from scalepredict.evaluation.planning.promise import promised_width, shipped_promise
from scalepredict.predictors.fit_families import fit_families
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.stack.stack import Stack
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table

SIZES = np.array([50e6, 100e6, 200e6, 400e6, 800e6])


def table(order: tuple[int, ...] = (0, 1, 2, 3, 4), names: str = "m{}") -> EvalTable:
    rng = np.random.default_rng(3)
    x = np.log10(SIZES / SIZES[0])
    scores = np.stack([0.3 + 0.2 * x, 0.25 + 0.15 * x, 0.5 + 0.1 * x, np.full(5, 0.25)], axis=1)
    scores = scores + rng.normal(0, 0.004, scores.shape)
    scores[:, 3] = rng.binomial(1000, 0.25, 5) / 1000
    units = [Unit(benchmark=name, chance=0.25, metric="acc") for name in ("a", "b", "c", "idle")]
    made = make_table(
        [
            Checkpoint(model=names.format(i), family="f", params=n, tokens=20 * n, flops=120 * n**2)
            for i, n in enumerate(SIZES)
        ],
        units,
        scores,
        n_items=np.full(scores.shape, 2000.0),
    )
    return made.take_rows(list(order))


def ladder(evidence: EvalTable, params: float = 8e9) -> Ladder:
    fit = fit_families(evidence, Stack(), rng=np.random.default_rng(0))
    target = Targets(
        family=("f",),
        params=np.array([params]),
        tokens=np.array([20 * params]),
        flops=np.array([120 * params**2]),
        assumption=("",),
    )
    return Ladder(
        group=fit.groups[0],
        evidence=fit.groups[0].evidence,
        wanted=(0, 1, 2, 3),
        predictor=Stack(),
        calibration=load_calibration(None),
        target=target,
    )


def space(params: float = 8e9) -> Space:
    return Space(
        params=params,
        tokens=20 * params,
        flops=120 * params**2,
        ratios=(20.0, 20.0),
        most_flops=30 * params**2,
        flops_of=lambda n, d: 6 * n * d,
    )


@cache
def planned(budget: float, order: tuple[int, ...] = (0, 1, 2, 3, 4), names: str = "m{}") -> Plan:
    return make_plan(
        ladder(table(order, names)),
        space(),
        budget,
        runs=1,
        promise=shipped_promise(),
        jobs=1,
        rng=np.random.default_rng(0),
    )


def test_a_plan_narrows_the_forecast_and_its_curve_never_rises() -> None:
    plan = planned(4e20)
    widths = [point.width for point in plan.curve]
    assert widths == sorted(widths, reverse=True)
    assert len(plan.curve) == 12
    assert plan.verdict == "run"
    assert plan.knee is not None
    assert plan.knee.width <= 1.15 * plan.limit
    assert plan.point.width < plan.mean_now
    assert plan.runs[0].flops == pytest.approx(4e20)


def test_each_benchmark_has_a_curve_that_never_rises_and_a_budget_that_is_enough() -> None:
    plan = planned(4e20)
    widths = np.array([point.widths for point in plan.curve])
    assert widths.shape == (12, 4)
    assert np.all(np.diff(widths[:, :3], axis=0) <= 1e-12)
    assert np.all(widths[:, :3] <= plan.now[:3])
    assert [p.width for p in plan.curve] == pytest.approx(widths[:, :3].mean(axis=1))
    for column in range(3):
        knee = plan.knee_of(column)
        least = 1.15 * widths[-1, column]
        assert knee is not None
        assert knee.widths[column] <= least
        cheaper = [p for p in plan.curve if p.budget < knee.budget]
        assert all(p.widths[column] > least for p in cheaper)
        assert np.all(knee.lows[:3] < knee.widths[:3])
        assert np.all(knee.widths[:3] < knee.highs[:3])


def test_no_budget_is_enough_for_what_none_narrows() -> None:
    plan = planned(4e20)
    now = plan.now.copy()
    now[1] = 1.14 * plan.curve[-1].widths[1]
    assert replace(plan, now=now).knee_of(1) is None
    assert replace(plan, now=now).knee_of(0) is plan.knee_of(0)


def test_what_rises_by_chance_is_levelled_to_its_mean() -> None:
    widths = np.array([[5.0, 4.0], [2.0, 3.0], [4.0, 2.0], [np.nan, 1.0]])
    fallen = never_wider(widths[:3])
    np.testing.assert_allclose(fallen, [[5.0, 4.0], [3.0, 3.0], [3.0, 2.0]])
    np.testing.assert_allclose(never_wider(widths)[:, 1], widths[:, 1])


def test_a_budget_keeps_the_cheaper_runs_where_its_own_are_plainly_wider() -> None:
    assert best_so_far(np.array([9.0, 5.0, 5.1, 8.0, 4.0, 6.0])) == [0, 1, 2, 1, 4, 4]


def test_a_part_of_the_narrowing_is_lost_and_no_width_is_above_the_one_now() -> None:
    filled, now = np.array([0.04, 0.3, np.nan]), np.array([0.16, 0.2, np.nan])
    np.testing.assert_allclose(promised_width(filled, now, 0.5), [0.08, 0.2, np.nan])
    np.testing.assert_allclose(promised_width(filled, now, 0.0), [0.04, 0.2, np.nan])


def test_one_benchmark_alone_is_promised_in_the_range_of_single_ones() -> None:
    alone = replace(ladder(table()), wanted=(1,))
    plan = make_plan(
        alone,
        space(),
        4e20,
        runs=1,
        promise=shipped_promise(),
        jobs=1,
        rng=np.random.default_rng(0),
    )
    assert plan.point.width == pytest.approx(plan.point.widths[1])
    assert (plan.point.low, plan.point.high) == pytest.approx(
        (plan.point.lows[1], plan.point.highs[1])
    )


def test_no_width_is_promised_for_what_is_at_chance() -> None:
    plan = planned(4e20)
    assert list(plan.promised) == [True, True, True, False]
    assert np.isnan(plan.point.widths[3])
    assert any("By the forecast none leaves it before the target." in note for note in plan.notes)


def test_a_ladder_of_nothing_but_chance_is_answered_with_where_it_ends() -> None:
    idle = replace(ladder(table()), wanted=(3,))
    with pytest.raises(
        RefusedError, match=r"idle\. By the forecast none leaves it before the target"
    ):
        make_plan(
            idle,
            space(),
            4e20,
            runs=1,
            promise=shipped_promise(),
            jobs=1,
            rng=np.random.default_rng(0),
        )


def test_runs_of_another_shape_than_the_ladder_are_told() -> None:
    shaped = replace(space(), tokens=800e9, flops=3.84e22, most_flops=9.6e21, ratios=(20.0, 100.0))
    plan = make_plan(
        ladder(table()),
        shaped,
        4e20,
        runs=1,
        promise=shipped_promise(),
        jobs=1,
        rng=np.random.default_rng(0),
    )
    assert any("runs have 100 tokens per parameter" in note for note in plan.notes)
    assert not any("tokens per parameter" in note for note in planned(4e20).notes)


def test_the_answer_does_not_hang_on_the_order_or_the_names_of_models() -> None:
    first = planned(4e20)
    other = planned(4e20, (3, 1, 4, 0, 2), "run-{}")
    assert [p.width for p in first.curve] == pytest.approx([p.width for p in other.curve], rel=1e-6)
    assert first.runs == other.runs


def test_a_budget_that_buys_nothing_is_answered_with_the_least_that_does() -> None:
    with pytest.raises(RefusedError, match=r"the least that helps is 9\.6e19"):
        planned(1e15)
    far = ladder(table(), 40e9)
    assert least_budget(far, space(40e9)) == pytest.approx(120 * 40e9**2 / 300)


def test_a_target_beyond_reach_has_no_width_now_and_a_plan_that_brings_it_within_reach() -> None:
    plan = make_plan(
        ladder(table(), 40e9),
        space(40e9),
        1e22,
        runs=1,
        promise=shipped_promise(),
        jobs=1,
        rng=np.random.default_rng(0),
    )
    assert plan.least_budget == pytest.approx(120 * 40e9**2 / 300)
    assert np.isnan(plan.now).all()
    assert np.isnan(plan.mean_now)
    assert plan.verdict == "run"
    assert np.isfinite(plan.point.width)
    assert all(plan.knee_of(column) is not None for column in range(3))


def test_sizes_that_reach_too_little_are_refused_with_what_is_needed() -> None:
    far = ladder(table(), 40e9)
    some = replace(space(40e9), sizes=(1e9, 4e9, 8e9))
    assert least_budget(far, some) == pytest.approx(6 * 4e9 * 80e9)
    with pytest.raises(RefusedError, match=r"none of the sizes .* from 6\.4e20 to 4\.8e22 FLOPs"):
        least_budget(far, replace(some, sizes=(1e9,)))


def test_candidates_that_are_all_too_large_or_too_small_are_refused() -> None:
    large = Run(params=6e9, tokens=120e9, flops=4.32e21, cost=4.32e21)
    small = Run(params=1e8, tokens=2e9, flops=1.2e18, cost=1.2e18)
    with pytest.raises(RefusedError, match="none of the candidates makes a run"):
        least_budget(ladder(table()), replace(space(), candidates=(large, small)))
    seed = Run(params=800e6, tokens=16e9, flops=7.68e19, cost=7.68e19)
    both = replace(space(), candidates=(large, seed))
    assert least_budget(ladder(table()), both) == 7.68e19


def test_the_curve_goes_on_to_candidates_that_the_budget_does_not_buy() -> None:
    runs = [Run(params=n, tokens=20 * n, flops=120 * n**2, cost=120 * n**2) for n in (1e9, 3e9)]
    plan = make_plan(
        ladder(table()),
        replace(space(), candidates=tuple(runs)),
        2e20,
        runs=1,
        promise=shipped_promise(),
        jobs=1,
        rng=np.random.default_rng(0),
    )
    assert plan.runs == (runs[0],)
    assert plan.curve[-1].runs == (runs[1],)
    assert plan.limit < plan.point.width


def test_a_target_inside_the_evidence_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"less than 1\.25x the largest run"):
        least_budget(ladder(table()), replace(space(), flops=1e19))


def test_a_far_run_above_a_cluster_is_cautioned() -> None:
    notes = planned(1e21).notes
    assert any("above the next one" in note for note in notes)
    assert not any("above the next one" in note for note in planned(4e20).notes)


def test_filled_in_runs_share_their_noise_and_jobs_do_not_matter() -> None:
    made = ladder(table())
    run = Run(params=3e9, tokens=60e9, flops=1.08e21, cost=1.08e21)
    one, two = (
        widths_with(made, [(run,), (run,)], jobs=jobs, rng=np.random.default_rng(0))
        for jobs in (1, 2)
    )
    assert np.array_equal(one, two)
    assert np.array_equal(one[0], one[1])
    assert np.all(one[0][:3] < widths_now(made)[:3])


def test_the_promise_is_a_range_around_its_median() -> None:
    low, high = shipped_promise().mean.around(1)
    lowest, highest = shipped_promise().benchmark.around(1)
    assert lowest < low < 1 < high < highest
    near, far = shipped_promise().errors(0.5), shipped_promise().errors(1.5)
    assert near[0] < far[0]
    assert near[0] < near[1]


def test_a_target_just_beyond_the_evidence_is_refused() -> None:
    near = replace(space(1.7e9), candidates=())
    with pytest.raises(RefusedError, match="none is worth making; --up-to"):
        least_budget(ladder(table(), 1.7e9), near)


def test_equal_sets_are_fitted_once_and_every_fit_is_counted() -> None:
    lad = ladder(table())
    told: list[tuple[int, int]] = []
    run = Run(params=4e9, tokens=80e9, flops=1.92e21, cost=1.92e21)
    smaller = Run(params=2e9, tokens=40e9, flops=4.8e20, cost=4.8e20)
    widths = widths_with(
        lad,
        [(run,), (smaller,), (run,)],
        jobs=1,
        rng=np.random.default_rng(0),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    np.testing.assert_array_equal(widths[0], widths[2])
    assert not np.array_equal(widths[0], widths[1])
