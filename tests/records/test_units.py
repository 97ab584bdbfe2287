"""Columns are the same by what was measured, and unknown metrics and shots by what is asked."""

from dataclasses import replace

import pytest

from scalepredict.records.table import Unit
from scalepredict.records.units import (
    column_document,
    how_measured,
    key,
    labelled,
    match,
    whole_key,
)

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


CHAT = replace(ACC, variant="chat template")


@pytest.mark.parametrize(
    ("units", "labels"),
    [
        ([ACC, Unit(benchmark="arc")], ["", ""]),
        ([ACC, replace(ACC, metric="f1")], ["hellaswag [acc]", "hellaswag [f1]"]),
        ([ACC, replace(ACC, shots=5)], ["hellaswag [0-shot]", "hellaswag [5-shot]"]),
        ([ACC, replace(ACC, shots=None)], ["hellaswag [0-shot]", "hellaswag [shots unknown]"]),
        ([ACC, replace(ACC, metric="")], ["hellaswag [acc]", "hellaswag [no metric]"]),
        ([ACC, CHAT], ["hellaswag [other settings]", "hellaswag [chat template]"]),
        ([ACC, NORM], ["hellaswag [acc, 0-shot]", "hellaswag [acc_norm, 10-shot]"]),
        (
            [ACC, replace(ACC, shots=5), Unit(benchmark="arc", metric="acc")],
            ["hellaswag [0-shot]", "hellaswag [5-shot]", ""],
        ),
    ],
)
def test_columns_of_one_benchmark_are_named_by_what_differs(
    units: list[Unit], labels: list[str]
) -> None:
    named = labelled(units)
    assert [unit.label for unit in named] == labels
    assert len({unit.shown for unit in named}) == len(units)


def test_tasks_of_one_benchmark_are_no_columns_apart() -> None:
    """They have the name of the way in which their benchmark was measured."""
    tasks = [replace(ACC, task="a"), replace(ACC, task="b")]
    assert [unit.label for unit in labelled(tasks)] == ["", ""]
    both = labelled([*tasks, replace(ACC, task="a", shots=5)])
    assert [unit.label for unit in both] == ["hellaswag [0-shot]"] * 2 + ["hellaswag [5-shot]"]


@pytest.mark.parametrize(
    ("unit", "document"),
    [
        (UNTOLD, {"benchmark": "hellaswag"}),
        (ACC, {"benchmark": "hellaswag", "metric": "acc", "shots": 0}),
        (
            CHAT,
            {"benchmark": "hellaswag", "metric": "acc", "shots": 0, "variant": "chat template"},
        ),
    ],
)
def test_documents_say_what_is_known_of_a_column(unit: Unit, document: dict[str, object]) -> None:
    assert column_document(unit) == document


@pytest.mark.parametrize(
    ("unit", "other", "same"),
    [
        (ACC, replace(ACC, chance=0.5, suite="s", label="x"), True),
        (ACC, replace(ACC, variant="chat template"), False),
        (ACC, replace(ACC, task="a"), False),
        (ACC, replace(ACC, benchmark="arc"), False),
    ],
)
def test_a_column_is_matched_by_what_it_holds(unit: Unit, other: Unit, same: bool) -> None:
    assert match([unit], [other], unknown="same").tolist() == [0 if same else -1]


def test_settings_that_are_not_recorded_may_be_any_and_known_ones_may_not() -> None:
    other = replace(ACC, variant="no chat template")
    assert match([ACC], [CHAT], unknown="any").tolist() == [0]
    assert match([ACC], [CHAT, other], unknown="any").tolist() == [-1]
    assert match([CHAT], [other], unknown="any").tolist() == [-1]


def test_of_columns_that_are_named_twice_the_first_is_taken() -> None:
    assert match([ACC], [NORM, ACC, ACC], unknown="same").tolist() == [1]
    assert match([], [ACC], unknown="any").tolist() == []
    assert match([ACC], [], unknown="any").tolist() == [-1]
