"""Choosing models and tasks: near the best set there is, and honest about what it costs."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.selecting import choose_models, choose_tasks
from scalepredict.evaluation.questions.selection import RIDGE, select_models, select_tasks
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table

SAMPLE = Path(__file__).resolve().parents[3] / "sample_data" / "public_models.csv"


def cloud(n: int, *, seed: int = 0) -> Floats:
    points: Floats = np.random.default_rng(seed).normal(size=(n, 2)) * np.array([1.0, 0.3])
    return points


def variance(coordinates: Floats, rows: tuple[int, ...]) -> float:
    design = np.concatenate([np.ones((len(coordinates), 1)), coordinates], axis=1)
    chosen = design[list(rows)]
    inverse = np.linalg.inv(chosen.T @ chosen + RIDGE * np.eye(3))
    return float(np.trace(design.T @ design @ inverse) / len(design))


@pytest.mark.parametrize("seed", range(4))
def test_the_choice_is_within_two_percent_of_the_best_of_all_sets(seed: int) -> None:
    points = cloud(14, seed=seed)
    choice = select_models(points, 5, allowed=np.ones(14, dtype=bool), rng=np.random.default_rng(0))
    best = min(variance(points, rows) for rows in combinations(range(14), 5))
    assert choice.variance == pytest.approx(variance(points, tuple(choice.rows)))
    assert choice.variance <= 1.02 * best
    assert choice.random > 1.2 * best
    assert choice.everything < best


def test_budget_and_size_are_kept() -> None:
    points, cost = cloud(40), np.geomspace(1, 100, 40)
    choice = select_models(
        points, 10, allowed=cost < 50, cost=cost, budget=60.0, rng=np.random.default_rng(0)
    )
    assert cost[choice.rows].sum() <= 60
    assert cost[choice.rows].max() < 50
    assert 3 <= len(choice.rows) <= 10


def test_a_dear_first_choice_gives_way_to_as_many_as_the_regression_needs() -> None:
    """The last point is worth most and takes the whole budget; three are needed."""
    points, cost = np.vstack([cloud(9), [[50.0, 50.0]]]), np.append(np.full(9, 10.0), 40.0)
    everyone = np.ones(10, dtype=bool)
    rng = np.random.default_rng(0)
    choice = select_models(points, 5, allowed=everyone, cost=cost, budget=40.0, rng=rng)
    assert len(choice.rows) >= 3
    assert cost[choice.rows].sum() <= 40
    with pytest.raises(RefusedError, match="budget does not hold the 3 smallest models"):
        select_models(points, 5, allowed=everyone, cost=cost, budget=25.0, rng=rng)


def test_fewer_models_than_parameters_are_refused() -> None:
    with pytest.raises(RefusedError, match="2 models cannot determine a regression on 2 comp"):
        select_models(cloud(9), 2, allowed=np.ones(9, dtype=bool), rng=np.random.default_rng(0))


def questions(n_models: int = 30, *, seed: int = 0) -> tuple[Floats, Floats]:
    """Tasks 0-3 measure the ability, tasks 4-39 mostly something else."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=n_models)
    signal = np.where(np.arange(40) < 4, 1.0, 0.2)
    noise = np.where(np.arange(40) < 4, 0.1, 1.0)
    tasks = 0.5 + 0.1 * (ability[:, None] * signal + noise * rng.normal(size=(n_models, 40)))
    return tasks, 0.5 + 0.08 * ability


def test_the_informative_tasks_are_found_and_beat_random_ones_on_unseen_models() -> None:
    tasks, score = questions()
    choice = select_tasks(tasks, score, np.arange(30), 4, rng=np.random.default_rng(0))
    assert set(choice.columns) == {0, 1, 2, 3}
    assert (choice.error < 0.5 * choice.random).all()
    assert choice.error[-1] < 0.15 * choice.spread
    told = choice.intercept + choice.slope * tasks[:, choice.columns].mean(axis=1)
    assert np.sqrt(np.mean((told - score) ** 2)) < choice.error[-1] * 1.2


def test_the_cost_of_a_choice_from_noise_is_not_flattered_by_the_search() -> None:
    """Tasks that tell nothing: the error stays that of no task, though the best of 200 fit well."""
    rng = np.random.default_rng(1)
    score = rng.normal(size=25)
    choice = select_tasks(
        rng.normal(size=(25, 200)), score, np.arange(25), 5, rng=np.random.default_rng(0)
    )
    assert choice.error[-1] > 0.8 * choice.spread


def test_checkpoints_of_a_model_are_held_out_together() -> None:
    tasks, score = questions(8)
    with pytest.raises(RefusedError, match="8 models have scores on every task"):
        select_tasks(
            np.repeat(tasks, 5, axis=0),
            np.repeat(score, 5),
            np.repeat(np.arange(8), 5),
            4,
            rng=np.random.default_rng(0),
        )


def test_models_of_shipped_records_are_chosen_up_to_a_size() -> None:
    table = read_records([SAMPLE]).table
    selection = choose_models(table, 10, max_params=30e9)
    assert len(selection.checkpoints) == 10
    assert max(c.params or np.inf for c in selection.checkpoints) <= 30e9
    assert selection.choice.variance < 0.6 * selection.choice.random
    assert selection.n_candidates == 65


def test_a_benchmark_without_tasks_is_refused() -> None:
    table = read_records([SAMPLE]).table
    with pytest.raises(RefusedError, match="'MMLU' has 0 tasks in these records"):
        choose_tasks(table, "MMLU", 3)
    with pytest.raises(RefusedError, match="no benchmark 'MMLUU'"):
        choose_tasks(table, "MMLUU", 3)


def test_checkpoints_that_lack_a_task_are_counted_out() -> None:
    tasks, _ = questions(14)
    tasks[3, 7] = np.nan
    units = [Unit(benchmark="b", task=f"t{i}") for i in range(40)]
    rows = [Checkpoint(model=f"m{i}", params=1e9, tokens=1e9, flops=6e18) for i in range(14)]
    selection = choose_tasks(make_table(rows, units, np.clip(tasks, 0, 1)), "b", 4)
    assert selection.n_models == 13
    assert tuple(map(str, selection.notes)) == (
        "not read: 1 checkpoint without some of the tasks.",
    )


def test_the_loss_of_a_subset_is_counted_on_the_largest_quarter_of_the_models() -> None:
    """Beyond the median size the tasks part from the benchmark, by up to a tenth."""
    rng = np.random.default_rng(4)
    size = np.geomspace(1e18, 1e22, 24)
    skill = np.linspace(0.3, 0.7, 24)
    tasks = skill[:, None] + 0.01 * rng.normal(size=(24, 8))
    score = skill + np.where(np.arange(24) >= 18, 0.1, 0.0)
    models = np.arange(24)
    told = select_tasks(tasks, score, models, 3, size=size, rng=np.random.default_rng(0))
    untold = select_tasks(tasks, score, models, 3, rng=np.random.default_rng(0))
    assert told.tested_on.startswith("the largest quarter of the models")
    assert told.error[-1] > 0.09
    assert untold.tested_on == "models of all sizes"
    assert untold.error[-1] < 0.06


def test_a_line_that_drifts_with_size_promises_less() -> None:
    """The benchmark bends away from its tasks, so that larger models are worse."""
    rng = np.random.default_rng(5)
    size = np.geomspace(1e18, 1e22, 40)
    skill = np.linspace(0.2, 0.6, 40)
    tasks = skill[:, None] + 0.002 * rng.normal(size=(40, 8))
    score = skill + 0.8 * (skill - 0.2) ** 2
    known = size < 1e21
    choice = select_tasks(
        tasks[known],
        score[known],
        np.arange(known.sum()),
        3,
        size=size[known],
        rng=np.random.default_rng(0),
    )
    points = choice.intercept + choice.slope * tasks[~known][:, choice.columns].mean(axis=1)
    kept = np.sqrt(np.mean((points - score[~known]) ** 2))
    assert 0.8 * kept < choice.error[-1] < 2 * kept


@pytest.mark.parametrize(("n_models", "held"), [(10, 2), (11, 2), (12, 3), (16, 4)])
def test_the_largest_quarter_are_two_models_at_least(n_models: int, held: int) -> None:
    """All but those held out are told exactly; these part by a tenth, from the line of the others
    and from that of the smaller half: the squares of both are the loss.
    """
    skill = np.linspace(0.3, 0.7, n_models)
    tasks = np.repeat(skill[:, None], 6, axis=1)
    size = np.geomspace(1e18, 1e22, n_models)

    def loss(apart: int) -> float:
        score = skill + np.where(np.arange(n_models) >= n_models - apart, 0.1, 0.0)
        found = select_tasks(
            tasks, score, np.arange(n_models), 2, size=size, rng=np.random.default_rng(0)
        )
        return float(found.error[-1])

    assert loss(held) == pytest.approx(0.1 * np.sqrt(2))
    assert loss(held - 1) < 0.1 * np.sqrt(2) - 0.01
    assert loss(0) == pytest.approx(0.0, abs=1e-9)


def test_the_order_of_models_and_tasks_chooses_the_same() -> None:
    tasks, score = questions()
    rows, columns = (
        np.random.default_rng(1).permutation(30),
        np.random.default_rng(2).permutation(40),
    )
    plain = select_tasks(tasks, score, np.arange(30), 4, rng=np.random.default_rng(0))
    other = select_tasks(
        tasks[rows][:, columns], score[rows], rows, 4, rng=np.random.default_rng(0)
    )
    assert set(columns[other.columns]) == set(plain.columns)
    assert other.slope == pytest.approx(plain.slope)
    assert other.intercept == pytest.approx(plain.intercept)
