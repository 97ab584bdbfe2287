"""The rule: on the target's ray, never the target itself, never a design outside the bounds."""

from dataclasses import replace

import pytest

from scalepredict.evaluation.planning.next_runs import Run, Space, next_runs

SPACE = Space(
    params=70e9,
    tokens=1.4e12,
    flops=6 * 70e9 * 1.4e12,
    ratios=(20.0, 20.0),
    most_flops=0.25 * 6 * 70e9 * 1.4e12,
    flops_of=lambda n, d: 6 * n * d,
)


def test_one_run_lies_on_the_ray_of_the_target_and_spends_the_budget() -> None:
    (run,) = next_runs(SPACE, 0.01 * SPACE.flops, most=1, scales=5)
    assert run.params == pytest.approx(70e9 * 0.1, rel=1e-9)  # sqrt(b)
    assert run.tokens == pytest.approx(1.4e12 * 0.1, rel=1e-9)
    assert run.cost == pytest.approx(0.01 * SPACE.flops, rel=1e-9)


def test_a_run_is_never_the_target_and_what_is_left_buys_another() -> None:
    first, second = next_runs(SPACE, 0.4 * SPACE.flops, most=2, scales=5)
    assert first.flops == pytest.approx(SPACE.most_flops)
    assert second.cost == pytest.approx(0.15 * SPACE.flops)
    assert len(next_runs(SPACE, 0.2 * SPACE.flops, most=3, scales=5)) == 1


def test_bounds_on_the_ratio_move_the_run_to_the_nearest_allowed_point() -> None:
    space = replace(SPACE, ratios=(40.0, 80.0))
    (run,) = next_runs(space, 1e22, most=1, scales=5)
    assert run.tokens / run.params == pytest.approx(40.0)
    assert run.cost == pytest.approx(1e22)


def test_sizes_are_those_that_can_be_trained_with_tokens_inside_the_bounds() -> None:
    space = replace(SPACE, sizes=(1e9, 7e9, 30e9), ratios=(10.0, 40.0))
    (run,) = next_runs(space, 1.2e22, most=1, scales=5)
    candidates = {n: min(1.4e12, 40 * n, 1.2e22 / (6 * n)) for n in (1e9, 7e9, 30e9)}
    allowed = {n: d for n, d in candidates.items() if d >= 10 * n}
    assert run.params == max(allowed, key=lambda n: n * allowed[n]) == 7e9
    assert run.tokens == pytest.approx(280e9)
    assert next_runs(space, 1e18, most=1, scales=5) == ()


def test_candidates_are_taken_in_the_order_of_their_distance_while_they_are_affordable() -> None:
    def run(name: str, n: float, cost: float | None = None) -> Run:
        flops = 6 * n * 20 * n
        return Run(model=name, params=n, tokens=20 * n, flops=flops, cost=cost or flops)

    runs = (run("a", 1e9), run("b", 7e9), run("c", 30e9), run("big", 69e9), run("dear", 8e9, 1e30))
    space = replace(SPACE, candidates=runs)
    chosen = next_runs(space, 1.2 * runs[2].flops, most=3, scales=5)
    assert [each.model for each in chosen] == ["c", "b", "a"]
    assert [each.model for each in next_runs(space, 1e22, most=2, scales=5)] == ["b", "a"]


def test_a_ladder_that_lacks_scales_gets_them_first() -> None:
    runs = next_runs(SPACE, 1e22, most=1, scales=0)
    shares = [run.cost / 1e22 for run in runs]
    assert shares == pytest.approx([16 / 21, 4 / 21, 1 / 21])
    assert len(next_runs(SPACE, 1e22, most=1, scales=1)) == 2
    assert len(next_runs(SPACE, 1e22, most=1, scales=2)) == 1


def test_compute_goes_before_shape_and_shape_decides_among_equals() -> None:
    def run(name: str, n: float, d: float) -> Run:
        return Run(model=name, params=n, tokens=d, flops=6 * n * d, cost=6 * n * d)

    alike, wide = run("alike", 7e9, 140e9), run("wide", 70e9, 14e9)
    larger = run("larger", 40e9, 49e9)  # twice the compute, at 1.2 tokens for 20
    space = replace(SPACE, candidates=(wide, alike))
    assert next_runs(space, 1e22, most=1, scales=5) == (alike,)
    space = replace(SPACE, candidates=(alike, larger))
    assert next_runs(space, 1e23, most=1, scales=5) == (larger,)


def test_a_rest_of_a_twentieth_buys_no_further_run() -> None:
    """0.25 of the target's FLOPs is the most of one run; 4 and 6 % of the budget are left."""
    for rest, n in ((0.04, 1), (0.06, 2)):
        budget = SPACE.most_flops / (1 - rest)
        assert len(next_runs(SPACE, budget, most=3, scales=5)) == n


@pytest.mark.parametrize(("scales", "n"), [(0, 3), (1, 2), (2, 1), (5, 1)])
def test_sizes_and_candidates_fill_up_a_ladder_that_lacks_scales(scales: int, n: int) -> None:
    sizes = replace(SPACE, sizes=(1e9, 2e9, 4e9))
    assert len(next_runs(sizes, 1e24, most=1, scales=scales)) == n
    runs = tuple(
        Run(model=f"m{n:g}", params=n, tokens=20 * n, flops=120 * n * n, cost=120 * n * n)
        for n in (1e9, 2e9, 4e9, 8e9)
    )
    candidates = replace(SPACE, candidates=runs)
    chosen = next_runs(candidates, 1e24, most=1, scales=scales)
    assert [run.model for run in chosen] == ["m8e+09", "m4e+09", "m2e+09"][:n]


def test_a_candidate_of_equal_distance_is_the_cheaper_one() -> None:
    def run(name: str, cost: float) -> Run:
        return Run(model=name, params=7e9, tokens=140e9, flops=5.88e21, cost=cost)

    space = replace(SPACE, candidates=(run("dear", 2e21), run("cheap", 1e21)))
    assert [r.model for r in next_runs(space, 3e21, most=2, scales=5)] == ["cheap", "dear"]
    assert [r.model for r in next_runs(space, 1.5e21, most=2, scales=5)] == ["cheap"]


def test_no_candidate_is_larger_than_a_run_that_is_not_the_target() -> None:
    large = Run(params=60e9, tokens=1.2e12, flops=4.32e23, cost=1e18)
    assert large.flops > SPACE.most_flops
    assert next_runs(replace(SPACE, candidates=(large,)), 1e24, most=1, scales=5) == ()


def test_a_size_beyond_the_target_is_no_run() -> None:
    space = replace(SPACE, sizes=(71e9,), ratios=(0.1, 20.0))
    assert next_runs(space, 1e22, most=1, scales=5) == ()
    allowed = replace(space, sizes=(69e9,))
    assert len(next_runs(allowed, 1e22, most=1, scales=5)) == 1


def test_runs_of_any_accounting_of_flops_spend_the_budget() -> None:
    """Attention adds a part that grows with the width of the model."""
    space = replace(SPACE, flops_of=lambda n, d: 6 * n * d * (1 + (n / 1e12) ** 0.5))
    (run,) = next_runs(space, 1e22, most=1, scales=5)
    assert run.flops == pytest.approx(1e22, rel=1e-9)
    assert run.tokens / run.params == pytest.approx(20.0)
