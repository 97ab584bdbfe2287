"""What the user chose is told in words, and read from files of version 0.1."""

from pathlib import Path

import pytest

from scalepredict.records.choice import EvidenceChoice


def test_zero_shots_are_a_choice_and_no_shots_are_none() -> None:
    assert EvidenceChoice(shots=0).in_words() == {"checkpoints": "last", "shots": "0"}
    assert EvidenceChoice().in_words() == {"checkpoints": "last"}


def test_the_text_of_version_0_1_gives_the_choice_it_told() -> None:
    choice = EvidenceChoice(
        families=("a", "b"),
        checkpoints="mean-last-3",
        phases=("decay",),
        metrics=("acc", "f1"),
        shots=5,
        percent=True,
        up_to_params=2.8e9,
        benchmarks=Path("b.yaml"),
        without_compute=True,
    )
    assert EvidenceChoice.of_version_0_1(choice.in_words()) == choice
    with pytest.raises(ValueError, match="five"):
        EvidenceChoice.of_version_0_1({"shots": "five"})


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (EvidenceChoice(families=("a", "b")), {"families": "a, b"}),
        (EvidenceChoice(checkpoints="all"), {"checkpoints": "all"}),
        (EvidenceChoice(percent=True), {"percent": "True"}),
        (EvidenceChoice(answers=True), {"answers": "True"}),
        (EvidenceChoice(up_to_flops=1e21), {"up_to_flops": "1e+21"}),
        (EvidenceChoice(ladder=Path("l.yaml")), {"ladder": "l.yaml"}),
        (EvidenceChoice(tokens=3e11), {"tokens": "300000000000.0"}),
        (EvidenceChoice(asymptotes=("1.7", "c4=2")), {"asymptotes": "1.7, c4=2"}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_was_given_is_told_and_nothing_else(
    choice: EvidenceChoice, words: dict[str, str]
) -> None:
    assert choice.in_words() == {"checkpoints": "last", **words}


def test_options_that_version_0_1_did_not_have_are_left_out_of_its_files() -> None:
    old = EvidenceChoice.of_version_0_1({"shots": "0", "seed": "7", "percent": "False"})
    assert old == EvidenceChoice(shots=0)
    assert EvidenceChoice.of_version_0_1({}) == EvidenceChoice()
