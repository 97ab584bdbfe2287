"""Columns are the same by what was measured, and unknown metrics and shots by what is asked."""

from dataclasses import replace

import pytest

from scalepredict.records.table import Unit
from scalepredict.records.units import how_measured, key, match, whole_key

ACC = Unit(benchmark="hellaswag", metric="acc", shots=0)
NORM = Unit(benchmark="hellaswag", metric="acc_norm", shots=10)
UNTOLD = Unit(benchmark="hellaswag")


def test_the_key_is_what_was_measured_whatever_is_known_about_it() -> None:
    same = replace(ACC, chance=0.25, chance_assumed=True, suite="core")
    assert key(ACC) == key(same)
    assert len({key(ACC), key(NORM), key(UNTOLD), key(replace(ACC, task="a"))}) == 4
    assert whole_key(replace(ACC, task="a")) == key(ACC)


def test_columns_of_another_metric_or_shot_count_are_not_the_same() -> None:
    others = [NORM, replace(ACC, shots=5), ACC]
    assert match([ACC, UNTOLD, Unit(benchmark="arc")], others, unknown="same").tolist() == [
        2,
        -1,
        -1,
    ]
    assert match([ACC], [NORM], unknown="any").tolist() == [-1]


def test_what_is_not_recorded_may_be_any_where_that_leaves_one() -> None:
    assert match([UNTOLD], [NORM], unknown="any").tolist() == [0]
    assert match([replace(ACC, metric="")], [NORM, ACC], unknown="any").tolist() == [1]
    assert match([UNTOLD], [NORM, ACC], unknown="any").tolist() == [-1]
    assert match([NORM, ACC], [UNTOLD], unknown="any").tolist() == [-1, -1]
    assert match([UNTOLD, ACC], [ACC, UNTOLD], unknown="any").tolist() == [1, 0]


@pytest.mark.parametrize(
    ("unit", "words"), [(NORM, "acc_norm, 10-shot"), (UNTOLD, "score"), (ACC, "acc, 0-shot")]
)
def test_the_way_of_measuring_is_said_in_words(unit: Unit, words: str) -> None:
    assert how_measured(unit) == words
