"""Rendering: nothing is cut, nothing is injected, floats are exact."""

import csv
import io
import json
import re

import pytest

from scalepredict.cli.views.render import (
    Format,
    Sheet,
    csv_text,
    emit,
    json_text,
    markdown,
    percent,
    plain,
    signed_points,
)

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


def test_a_name_is_no_link_no_formula_and_calls_nobody_in_markdown() -> None:
    row = markdown(sheet("$x$ https://a.b www.a.b @team run@step5")).splitlines()[4]
    said = r"\$x\$ https\://a.b www\.a.b @<!-- -->team run@step5"
    assert row == f"| {said} | 1.0 |"


def test_plain_tables_are_as_wide_as_their_longest_name_and_aligned() -> None:
    name = "benchmark_" * 30
    title, header, first, second = plain(sheet(name)).splitlines()
    assert (title, first) == ("t", f"{name}    1.0")
    assert len(header) == len(first) == len(second)


def test_csv_floats_have_ten_digits_and_missing_values_are_empty() -> None:
    text = csv_text([{"a": 0.1 + 0.2, "b": float("nan"), "c": 'x,"'}])
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["a"] == "0.3"  # the other digits differ between machines
    assert (row["b"], row["c"]) == ("", 'x,"')


def test_json_writes_nan_as_null_at_any_depth() -> None:
    assert json.loads(json_text({"a": [(float("nan"), 0.25)]})) == {"a": [[None, 0.25]]}


def test_scores_become_percent_with_one_digit() -> None:
    assert (percent(0.62345), percent(float("nan"))) == ("62.3", "-")
    assert [signed_points(x) for x in (-0.0004, 0.0312, -0.2)] == ["+0.0", "+3.1", "-20.0"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(shown: Sheet, columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", screen)
    emit(Format.TABLE, sheets=[shown], rows=[], document={})
    return re.sub(r"\x1b\[\d*m", "", screen.getvalue())


@pytest.mark.parametrize("form", [Format.CSV, Format.JSON])
def test_data_on_a_terminal_cannot_move_its_cursor_and_is_untouched_elsewhere(
    form: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "arc\x9b2J\u202e"
    shown = []
    for screen in (Terminal(), io.StringIO()):
        monkeypatch.setattr("sys.stdout", screen)
        emit(form, sheets=[], rows=[{"benchmark": name}], document={"benchmark": name})
        shown.append(screen.getvalue())
    assert r"arc\x9b2J\u202e" in shown[0]
    assert name not in shown[0]
    assert shown[0].count("\n") == shown[1].count("\n")
    assert name in shown[1]


def test_a_narrow_terminal_gets_sentences_below_and_no_name_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"benchmark_with_a_long_name_{i}" for i in range(3)]
    rows = tuple((name, "12.3-45.6", "says something rather long of it") for name in names)
    shown = Sheet(header=("benchmark", "90 %", "note"), align="lrl", rows=rows)
    wide = on_terminal(shown, 120, monkeypatch)
    assert wide.splitlines()[0].split() == ["benchmark", "90", "%", "note"]
    narrow = on_terminal(shown, 50, monkeypatch)
    assert narrow.splitlines()[0].split() == ["benchmark", "90", "%"]
    assert all(narrow.count(name) == 2 for name in names)  # in its row, and before its sentence
    assert f"{names[2]}: says something" in " ".join(narrow.split())


def test_a_note_of_many_rows_is_said_once_below_a_narrow_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = tuple((f"benchmark_{i}", "12.3-45.6", "chance level assumed 0") for i in range(50))
    shown = Sheet(header=("benchmark", "90 %", "note"), align="lrl", rows=rows)
    text = " ".join(on_terminal(shown, 40, monkeypatch).split())
    assert text.count("chance level assumed 0") == 1
    assert "benchmark_7 and 42 more: chance level assumed 0" in text


def test_a_terminal_narrower_than_the_numbers_still_gets_names_and_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = ("a_benchmark", "rising", "12.3-45.6", "10.1-47.8", "9.0-49.9")
    shown = Sheet(header=("benchmark", "class", "50 %", "80 %", "90 %"), align="llrrr", rows=(row,))
    narrow = on_terminal(shown, 30, monkeypatch)
    assert all(cell in narrow for cell in row)


def test_no_color_asks_for_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    for name, value in (("TERM", "xterm"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", screen)
    emit(Format.TABLE, sheets=[sheet("arc")], rows=[], document={})
    assert "arc" in screen.getvalue()
    assert "\x1b" not in screen.getvalue()


def test_a_terminal_gets_a_screen_of_two_thousand_rows_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = tuple((f"b[red]{i}", "1.0") for i in range(2000))
    text = on_terminal(Sheet(header=("name", "score"), align="lr", rows=rows), 80, monkeypatch)
    assert "b[red]199 " in text
    assert "b[red]200 " not in text
    assert "... rows not shown: 1,800; --format csv has all of them" in text


def test_a_table_too_wide_for_a_terminal_comes_in_parts_that_name_their_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = tuple((name, *(f"{10 * i + n:.1f}" for i in range(9))) for n, name in enumerate("ab"))
    header = ("model", *(f"column {i}" for i in range(9)))
    shown = Sheet(title="Of all", header=header, align="l" + "r" * 9, rows=rows)
    parts = on_terminal(shown, 40, monkeypatch).strip().split("\n\n")
    assert max(len(line) for part in parts for line in part.splitlines()) <= 40
    assert [part.splitlines()[-1].split()[0] for part in parts] == ["b"] * 3
    assert " ".join(parts).count("Of all") == 1
    assert [word for part in parts for word in part.split("b ")[-1].split()] == list(rows[1][1:])
