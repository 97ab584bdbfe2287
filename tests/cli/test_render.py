"""Rendering: nothing is cut, nothing is injected, floats are exact."""

import csv
import io
import json

import pytest

from scalepredict.cli.render import Sheet, csv_text, json_text, markdown, percent, plain

NASTY = "mmlu\x1b[31m|`x`\u202e"


def sheet(name: str) -> Sheet:
    return Sheet(title="t", header=("name", "score"), align="lr", rows=((name, "1.0"), ("b", "22")))


@pytest.mark.parametrize("show", [plain, markdown])
def test_control_and_direction_characters_are_spelled_out(show: object) -> None:
    assert callable(show)
    text = show(sheet(NASTY))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "x1b" in text


def test_a_name_cannot_open_a_markdown_cell() -> None:
    row = markdown(sheet(NASTY)).splitlines()[4]
    assert row.replace("\\|", "").count("|") == 3


def test_plain_tables_are_as_wide_as_their_longest_name_and_aligned() -> None:
    name = "benchmark_" * 30
    title, header, first, second = plain(sheet(name)).splitlines()
    assert (title, first) == ("t", f"{name}    1.0")
    assert len(header) == len(first) == len(second)


def test_csv_floats_are_exact_and_missing_values_are_empty() -> None:
    text = csv_text([{"a": 0.1 + 0.2, "b": float("nan"), "c": 'x,"'}])
    (row,) = csv.DictReader(io.StringIO(text))
    assert float(row["a"]) == 0.1 + 0.2
    assert (row["b"], row["c"]) == ("", 'x,"')


def test_json_writes_nan_as_null_at_any_depth() -> None:
    assert json.loads(json_text({"a": [(float("nan"), 0.25)]})) == {"a": [[None, 0.25]]}


def test_scores_become_percent_with_one_digit() -> None:
    assert (percent(0.62345), percent(float("nan"))) == ("62.3", "-")
