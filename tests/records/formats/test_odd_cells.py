"""How people write numbers: signs for nothing, commas, and values with their errors."""

import numpy as np
import pandas as pd
import pytest

from scalepredict.records.formats.odd_cells import (
    MISSING,
    count_odd,
    is_missing,
    split_uncertain,
    without_comma,
)


@pytest.mark.parametrize("text", ["-", "N/A", "NaN", "—", "#DIV/0!", "n.a.", "None"])
def test_a_sign_for_nothing_is_missing_in_any_case(text: str) -> None:
    assert is_missing(text)
    assert is_missing(text.upper())


def test_numbers_and_names_are_not_missing() -> None:
    assert not any(map(is_missing, ("0", "-1", "na.", "nano", "", "none of these")))
    assert all(text == text.casefold() for text in MISSING)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0,27", "0.27"),
        ("-0,27", "-0.27"),
        (",5", ".5"),
        ("12,5%", "12.5%"),
        ("1,5B", "1.5B"),
        ("60,000,000", "60000000"),
        ("1,234", "1234"),  # thousands, unless it starts with 0
        ("0,123", "0.123"),
        ("1,234.5", "1234.5"),
        ("1,23,456", "1,23,456"),  # neither: left for its column to refuse
        ("0.5", "0.5"),
    ],
)
def test_a_comma_is_a_decimal_point_or_parts_thousands(text: str, number: str) -> None:
    assert without_comma(text) == number


def test_odd_cells_are_counted_by_cell_not_by_text() -> None:
    texts = ["-", "0,5", "0.7"]
    odd = count_odd(texts, np.array([0, 0, 1, 2, 1, 1, -1]))
    assert (odd.missing, odd.commas, odd.uncertain) == (2, 3, 0)
    assert count_odd(["0.5"], np.array([0, 0])).missing == 0


def test_values_part_from_their_errors() -> None:
    column = pd.Categorical(["26.9 ± 0.9", "31.0+/-1.1%", "40", None, "26.9 ± 0.9"])
    values, errors = split_uncertain(column)
    assert [str(value) for value in values] == ["26.9", "31.0", "40", "", "26.9"]
    assert errors is not None
    assert [str(error) for error in errors] == ["0.9", "1.1%", "", "", "0.9"]
    plain = pd.Categorical(["1", "2"])
    assert split_uncertain(plain) == (plain, None)
