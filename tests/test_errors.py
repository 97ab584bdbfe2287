"""A message stays readable, whatever value somebody pasted into a file."""

import pytest

from scalepredict.errors import LONGEST_LINE, RecordError


@pytest.mark.parametrize("value", ["9" * 10_000, "a b " * 50_000, "x" * 301])
def test_a_long_value_is_cut_and_its_length_told(value: str) -> None:
    message = str(RecordError(f"r.csv, line 2: {value!r} is not a count; write it like 70B."))
    assert len(message) < LONGEST_LINE + 100
    assert message.startswith("r.csv, line 2: '")
    assert "characters)" in message


def test_a_long_path_is_not_cut() -> None:
    path = "/".join(["folder"] * 40)
    assert str(RecordError(f"{path}: no such file.")) == f"{path}: no such file."


def test_every_line_of_a_message_is_kept() -> None:
    message = "\n".join(f"line {number}" for number in range(500))
    assert str(RecordError(message)) == message
