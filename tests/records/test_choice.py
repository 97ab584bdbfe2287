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
