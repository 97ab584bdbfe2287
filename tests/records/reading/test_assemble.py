"""Rows become one table: checkpoints and units numbered, sizes derived, clashes refused."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.benchmarks import shipped_metadata
from scalepredict.records.formats.rows import Rows
from scalepredict.records.reading.assemble import Assembled, assemble

NAN = float("nan")


def assembled(texts: dict[str, list[str | None]], numbers: dict[str, list[float]]) -> Assembled:
    n = len(next(iter(numbers.values())))
    rows = Rows(
        sources=("r.csv",),
        word=("line",),
        source=np.zeros(n, dtype=np.int32),
        lines=np.arange(2, 2 + n, dtype=np.int32),
        texts={name: pd.Categorical(column) for name, column in texts.items()},
        numbers={name: np.array(column, dtype=float) for name, column in numbers.items()},
    )
    return assemble(rows, shipped_metadata())


def two(**numbers: list[float]) -> Assembled:
    """Two rows of one model on one benchmark."""
    texts: dict[str, list[str | None]] = {"model": ["a", "a"], "benchmark": ["own", "own"]}
    return assembled(texts, {"score": [0.5, 0.5], **numbers})


def test_checkpoints_and_units_stand_in_the_order_of_their_first_rows() -> None:
    made = assembled(
        {
            "model": ["b", "a", "b", "b"],
            "benchmark": ["y", "x", "x", "y"],
            "family": [None, "f", None, None],
        },
        {"score": [0.1, 0.2, 0.3, 0.1], "params": [1e9, 2e9, 1e9, 1e9], "tokens": [1e10] * 4},
    )
    table = made.table
    assert [(c.family, c.model) for c in table.checkpoints] == [("default", "b"), ("f", "a")]
    assert [unit.benchmark for unit in table.units] == ["y", "x"]
    np.testing.assert_array_equal(table.scores, [[0.1, 0.3], [NAN, 0.2]])
    assert made.n_merged == 1  # the last row repeats the first


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"params": 1e9, "tokens": 2e10}, (1e9, 2e10, 1.2e20)),
        ({"params": 1e9, "flops": 1.2e20}, (1e9, 2e10, 1.2e20)),
        ({"tokens": 2e10, "flops": 1.2e20}, (1e9, 2e10, 1.2e20)),
        ({"params": 8e9, "params_active": 1e9, "tokens": 2e10}, (8e9, 2e10, 1.2e20)),
        ({"params_non_embedding": 1e9, "tokens": 2e10}, (1e9, 2e10, 1.2e20)),
        ({"params": 1e9, "tokens": 2e10, "flops": 7e20}, (1e9, 2e10, 7e20)),
    ],
)
def test_two_sizes_give_the_third_by_six_n_d(
    given: dict[str, float], expected: tuple[float, float, float]
) -> None:
    (c,) = two(**{name: [value, value] for name, value in given.items()}).table.checkpoints
    assert (c.params, c.tokens, c.flops) == pytest.approx(expected)
    assert c.flops_given == ("flops" in given)


def test_flops_alone_put_a_model_on_the_track_of_20_tokens_for_each_parameter() -> None:
    made = two(flops=[1.2e20, 1.2e20])
    (c,) = made.table.checkpoints
    assert c.params is not None
    assert c.tokens == pytest.approx(20 * c.params)
    assert 6 * c.params * (c.tokens or 0) == pytest.approx(1.2e20)
    assert made.derived["from_flops"] == 1


def test_contradictions_name_both_rows() -> None:
    sizes = {"params": [1e9, 1e9], "tokens": [1e10, 1e10]}
    clash = r"r.csv, line 3: score 0.6 contradicts score 0.5 at r.csv, line 2"
    with pytest.raises(RecordError, match=clash):
        two(**sizes, score=[0.5, 0.6])
    with pytest.raises(RecordError, match=r"line 3: chance 0.5 contradicts chance 0.25"):
        two(**sizes, chance=[0.25, 0.5])
    with pytest.raises(RecordError, match=r"model 'a' has 2B params here and 1B at r.csv, line 2"):
        two(params=[1e9, 2e9], tokens=[1e10, 2e10])
    # Numbers that differ in their rounding alone are one.
    assert two(params=[1e9, 1e9 * (1 + 1e-12)], tokens=[1e10, 1e10]).table.params[0] == 1e9


def test_tokens_flops_or_steps_tell_checkpoints_of_a_model_apart() -> None:
    assert len(two(params=[1e9, 1e9], tokens=[1e10, 2e10]).table.checkpoints) == 2
    assert len(two(params=[1e9, 1e9], flops=[1e20, 2e20]).table.checkpoints) == 2
    assert len(two(params=[1e9, 1e9], step=[10, 20]).table.checkpoints) == 2
    assert len(two(params=[1e9, 1e9]).table.checkpoints) == 1


def test_chance_is_that_of_the_rows_else_the_shipped_one_else_assumed() -> None:
    texts: dict[str, list[str | None]] = {
        "model": ["a"] * 3,
        "benchmark": ["piqa", "hellaswag", "own"],
        "metric": ["acc"] * 3,
    }
    numbers = {"score": [0.5] * 3, "chance": [0.4, NAN, NAN]}
    made = assembled(texts, {**numbers, "params": [1e9] * 3, "tokens": [1e9] * 3})
    units = made.table.units
    assert [unit.chance for unit in units] == [0.4, 0.25, 0.0]
    assert [unit.chance_assumed for unit in units] == [False, False, True]
    assert made.chance_from_metadata == ("hellaswag",)
    assert "hellaswag" in made.n_items_from_metadata
    assert made.table.n_items[0, 1] == 10042  # questions of its validation split


def test_a_loss_of_the_right_answer_is_a_covariate_of_the_scores_beside_it() -> None:
    made = assembled(
        {"model": ["a", "a"], "benchmark": ["b", "b"], "metric": ["acc", "nll"]},
        {"score": [0.5, NAN], "task_loss": [NAN, 2.5], "params": [1e9] * 2, "tokens": [1e9] * 2},
    )
    assert [unit.metric for unit in made.table.units] == ["acc"]
    assert made.table.task_loss[0, 0] == 2.5


def test_of_several_columns_the_one_with_most_scores_counts_in_averages() -> None:
    made = assembled(
        {
            "model": ["a", "b", "a"],
            "benchmark": ["b"] * 3,
            "metric": ["acc", "acc", "f1"],
            "suite": ["s"] * 3,
        },
        {"score": [0.5, 0.6, 0.7], "params": [1e9, 2e9, 1e9], "tokens": [1e9] * 3},
    )
    assert [(unit.shown, unit.suite) for unit in made.table.units] == [
        ("b [acc]", "s"),
        ("b [f1]", ""),
    ]


def test_a_role_that_is_not_known_is_refused() -> None:
    texts: dict[str, list[str | None]] = {"model": ["a"], "benchmark": ["b"], "role": ["train"]}
    with pytest.raises(RecordError, match="role 'train' is not known; write fit, holdout"):
        assembled(texts, {"score": [0.5], "params": [1e9], "tokens": [1e9]})
