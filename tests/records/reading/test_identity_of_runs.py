"""Seeds make runs of their own, and tokens that all models saw are said once."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.rows import Rows
from scalepredict.records.reading.identity import told_apart_by_seed, with_same_tokens

NAN = float("nan")


def rows(models: list[str], **numbers: list[float]) -> Rows:
    n = len(models)
    return Rows(
        sources=("r.csv",),
        word=("line",),
        source=np.zeros(n, dtype=np.int32),
        lines=np.arange(2, 2 + n, dtype=np.int32),
        texts={"model": pd.Categorical(models)},
        numbers={name: np.array(column, dtype=float) for name, column in numbers.items()},
    )


def test_models_of_several_seeds_are_several_runs() -> None:
    seeds = rows(["a", "a", "b", "a", "c", "c"], seed=[1, 2, 1, NAN, NAN, NAN])
    told, models = told_apart_by_seed(seeds)
    assert list(told.text("model")) == [
        *("a, seed 1", "a, seed 2", "b"),
        *("a, seed unknown", "c", "c"),
    ]
    assert models == ("a",)


def test_one_seed_for_each_model_renames_nobody() -> None:
    for seeds in (rows(["a", "b"], seed=[1, 2]), rows(["a", "a"], seed=[NAN, NAN])):
        assert told_apart_by_seed(seeds) == (seeds, ())


def test_tokens_fill_what_neither_tokens_nor_flops_tell() -> None:
    made, n = with_same_tokens(
        rows(["a", "b", "c", "d"], tokens=[1e9, NAN, NAN, NAN], flops=[NAN, 1e20, NAN, NAN]), 5e9
    )
    np.testing.assert_array_equal(made.number("tokens"), [1e9, NAN, 5e9, 5e9])
    assert n == 2
    unchanged = rows(["a"], tokens=[NAN])
    assert with_same_tokens(unchanged, None) == (unchanged, 0)


def test_models_with_steps_did_not_see_the_same_data() -> None:
    with pytest.raises(RecordError, match=r"line 3: --tokens 5B says .* but b has a step"):
        with_same_tokens(rows(["a", "b"], step=[NAN, 100]), 5e9)


def test_seeds_are_told_apart_in_any_order_of_rows() -> None:
    forward, _ = told_apart_by_seed(rows(["a", "b", "a"], seed=[2, 7, 1]))
    backward, _ = told_apart_by_seed(rows(["a", "b", "a"], seed=[1, 7, 2]))
    assert list(forward.text("model")) == list(backward.text("model"))[::-1]
    assert list(forward.text("model"))[1] == "b"


def test_tokens_of_models_whose_flops_are_known_are_not_made_up() -> None:
    made, n = with_same_tokens(rows(["a"], flops=[1e20]), 5e9)
    assert np.isnan(made.number("tokens")).all()
    assert n == 0
