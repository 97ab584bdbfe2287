"""One parser reads every count, and what is shown of a count reads back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalepredict.errors import CountError
from scalepredict.records.text.counts import count_of, format_count, listed, parse_count

WRITTEN = {
    "70B": 70e9, "1.5T": 1.5e12, "6e24": 6e24, "410M": 410e6, "6.9e9": 6.9e9, "1,000": 1000.0,
    "1_000": 1000.0, "1.1B": 1.1e9, " 12 b ": 12e9,
    "2k": 2000.0, "3P": 3e15, ".5B": 5e8, "1e3K": 1e6,
}  # fmt: skip
REFUSED = ["", "B", "7b8", "-3B", "nan", "inf", "1:30", "no", "1,00", "0", "0B", "1e999", "7 0B"]


@pytest.mark.parametrize("text", WRITTEN)
def test_counts_are_read_as_people_write_them(text: str) -> None:
    assert parse_count(text) == WRITTEN[text]


@pytest.mark.parametrize("value", [*REFUSED, True, 0, -1.0, float("nan"), float("inf")])
def test_what_is_no_positive_count_is_refused(value: str | float) -> None:
    with pytest.raises(CountError, match=r"like 70B, 1\.5T or 6e24"):
        parse_count(value)


@given(st.floats(min_value=1, max_value=1e30))
def test_a_number_reads_back_from_its_own_text(value: float) -> None:
    assert parse_count(repr(value)) == parse_count(value) == value


@given(st.floats(min_value=1, max_value=1e27), st.integers(min_value=3, max_value=9))
def test_a_shown_count_reads_back_to_its_shown_digits(value: float, digits: int) -> None:
    assert parse_count(format_count(value, digits=digits)) == pytest.approx(
        value, rel=0.51 * 10.0 ** (1 - digits)
    )


@given(st.integers(min_value=1, max_value=999_999), st.sampled_from("kMBGTP"))
def test_a_suffix_is_exact(thousandths: int, suffix: str) -> None:
    """1.1B is 1.1e9 to the last bit, not 1.1 * 1e9."""
    powers = {"k": 3, "M": 6, "B": 9, "G": 9, "T": 12, "P": 15}
    text = f"{thousandths / 1000:.3f}"
    assert parse_count(text + suffix) == float(f"{text}e{powers[suffix]}")


def test_the_words_of_a_count_agree_with_it() -> None:
    assert [count_of(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert count_of(1, "family has", "families have") == "1 family has"
    assert count_of(3, "family has", "families have") == "3 families have"


def test_names_beyond_the_first_are_counted() -> None:
    assert listed(["a", "b"], most=2) == "a, b"
    assert listed(["a", "b", "c", "d"], most=2) == "a, b and 2 more"
