"""Probes are the benchmarks that tell most of the others, and better than random ones."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.evaluation.questions.probes import Probes, choose_probes
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def cards(n_models: int = 30, *, seed: int = 0) -> EvalTable:
    """Two capabilities: a0-a3 follow the first, b0-b3 the second, n0-n1 are noise alone."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(n_models, 2))
    loading = np.zeros((10, 2))
    loading[:4, 0], loading[4:8, 1] = 0.8, 0.8
    logits = theta @ loading.T + rng.normal(0, 0.05, (n_models, 10))
    logits[:, 8:] = 0.8 * rng.normal(size=(n_models, 2))
    names = [*(f"a{i}" for i in range(4)), *(f"b{i}" for i in range(4)), "n0", "n1"]
    models = [
        Checkpoint(model=f"m{i}", family=f"f{i}", params=1e9, tokens=1e10, flops=6e19)
        for i in range(n_models)
    ]
    scores = 1 / (1 + np.exp(-logits))
    items = np.full(scores.shape, 4000.0)
    return make_table(models, [Unit(benchmark=n) for n in names], scores, n_items=items)


def chosen(table: EvalTable, count: int) -> Probes:
    return choose_probes(table, count, rng=np.random.default_rng(0))


def test_two_probes_are_one_of_each_capability_and_none_of_noise() -> None:
    found = chosen(cards(20), 2)
    assert {unit.benchmark[0] for unit in found.units} == {"a", "b"}
    assert (found.n_models, found.n_benchmarks) == (20, 10)
    assert found.error.shape == found.random.shape == (2,)
    assert found.error[1] < found.error[0] < found.unknown
    assert found.error[1] < found.random[1]


def test_the_same_draws_give_the_same_probes() -> None:
    one, other = chosen(cards(13), 1), chosen(cards(13), 1)
    assert one.units == other.units
    np.testing.assert_array_equal(one.random, other.random)


def test_too_few_models_or_benchmarks_are_refused_with_the_counts() -> None:
    with pytest.raises(RefusedError, match=r"hold 12 models .*13 models and 3 benchmarks are"):
        chosen(cards(12), 2)
    with pytest.raises(RefusedError, match="10 benchmarks; to choose 10"):
        chosen(cards(), 10)


def test_models_of_one_score_and_benchmarks_of_one_model_have_no_part() -> None:
    table = cards(14)
    scores = table.scores.copy()
    scores[0, 1:] = np.nan
    scores[2:, 9] = np.nan
    scores[1, 9] = 0.5
    found = chosen(table.with_scores(scores), 1)
    assert (found.n_models, found.n_benchmarks) == (13, 9)


def test_the_order_and_the_names_of_models_and_benchmarks_choose_no_other_probe() -> None:
    table = cards(20)
    rows, columns = np.random.default_rng(3).permutation(20), [9, 4, 0, 7, 2, 5, 8, 1, 3, 6]
    shuffled = table.take_rows(rows).take_units(columns)
    assert chosen(shuffled, 1).units[0].benchmark[0] == chosen(table, 1).units[0].benchmark[0]


def test_what_is_unknown_without_a_score_is_the_scatter_of_the_models() -> None:
    """The median distance from a benchmark's own median, over all cells."""
    table = cards(13)
    found = chosen(table, 1)
    away = np.abs(table.scores - np.median(table.scores, axis=0))
    assert found.unknown == pytest.approx(np.median(away))


def test_a_probe_that_is_noisier_tells_less_and_is_not_taken() -> None:
    """One benchmark follows the first capability twice as steeply: the surest of its kind."""
    table = cards(20)
    logits = np.log(table.scores / (1 - table.scores))
    logits[:, 2] *= 2
    steep = table.with_scores(1 / (1 + np.exp(-logits)))
    assert "a2" in {unit.benchmark for unit in chosen(steep, 2).units}


def test_two_models_are_enough_for_a_benchmark_to_be_searched() -> None:
    table = cards(14)
    scores = table.scores.copy()
    scores[2:, 9] = np.nan
    assert chosen(table.with_scores(scores), 1).n_benchmarks == 10
    scores[1, 9] = np.nan
    assert chosen(table.with_scores(scores), 1).n_benchmarks == 9
