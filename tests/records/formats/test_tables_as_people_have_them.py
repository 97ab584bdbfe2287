"""Tables are read as people have them: titles, units, commas, ±, dashes, Markdown, workbooks."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.record_file import check_record_place, write_records
from scalepredict.records.reading.read import Reading, read_records

ROWS = "a,1B,20B,0.5,0.3\nb,2B,40B,0.6,0.4\n"
PLAIN = "model,params,tokens,piqa,hellaswag\n" + ROWS
MARKDOWN = """# Results

All models are *ours*.

| Model | Params (M) | Tokens | **PIQA** (%) | [HellaSwag](http://x) (%) |
|:---|---:|--:|---|:-:|
| `a` | 1000 | 20B | 50 | 30 |
| b | 2000 | 40B | 60 | **40** |

| Setting | value |
|---|---|
| lr | 3e-4 |
"""


def read(tmp_path: Path, text: str, name: str = "t.csv", *, percent: bool = False) -> Reading:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_records([path], percent=percent)


def assert_plain(reading: Reading) -> None:
    assert [c.model for c in reading.table.checkpoints] == ["a", "b"]
    assert reading.table.params.tolist() == [1e9, 2e9]
    assert reading.table.scores == pytest.approx(np.array([[0.5, 0.3], [0.6, 0.4]]))


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (f'"Results, v3",,,,\n,,,,\n{PLAIN}', "line 3 is the header"),
        (f"made on Tuesday\n{PLAIN}", "line 2 is the header"),
        (
            "model,params,tokens,piqa,hellaswag\n,(B),[B],%,acc_norm\na,1,20,50,0.3\nb,2,40,60,0.4\n",
            "line 2 holds units",
        ),
        (
            "model;params;tokens;piqa;hellaswag\na;1B;20B;0,5;0,3\nb;2,0B;40B;0,6;0,4\n",
            "5 cells with a comma",
        ),
        (
            'model,params,tokens,piqa,hellaswag\na,"1,000,000,000",20B,0.5,0.3\nb,2B,40B,0.6,0.4\n',
            "1 cell with a comma",
        ),
    ],
)
def test_what_spreadsheets_write_is_understood(tmp_path: Path, text: str, note: str) -> None:
    reading = read(tmp_path, text)
    assert_plain(reading)
    assert note in "\n".join(map(str, reading.report.notes()))


def test_errors_below_a_title_name_the_line_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"line 4: score 1\.5"):
        read(tmp_path, "title\n\n" + PLAIN.replace("a,1B,20B,0.5", "a,1B,20B,1.5"))


def test_what_follows_plus_minus_is_a_standard_error(tmp_path: Path) -> None:
    text = "model,params,piqa,hellaswag\na,1B,50.0 ± 1.5,30.0\nb,2B,60±1,40.0 +/- 2\n"
    reading = read(tmp_path, text, percent=True)
    assert reading.table.scores == pytest.approx(np.array([[0.5, 0.3], [0.6, 0.4]]))
    expected = np.array([[0.015, np.nan], [0.01, 0.02]])
    assert reading.table.stderr == pytest.approx(expected, nan_ok=True)
    assert "3 numbers after ± read as standard errors." in map(str, reading.report.notes())


def test_plus_minus_in_a_long_table(tmp_path: Path) -> None:
    reading = read(tmp_path, "model,params,benchmark,score\na,1B,piqa,0.5 ± 0.01\n")
    assert (reading.table.scores[0, 0], reading.table.stderr[0, 0]) == (0.5, 0.01)


@pytest.mark.parametrize("word", ["-", "—", "NaN", "n/a", "N/A", "None", "null", "#N/A", "?"])
def test_what_people_write_for_missing_is_missing_and_counted(tmp_path: Path, word: str) -> None:
    reading = read(tmp_path, PLAIN.replace("0.5", word))
    names = [unit.benchmark for unit in reading.table.units]
    scores = reading.table.scores[:, [names.index("piqa"), names.index("hellaswag")]]
    assert np.isnan(scores).tolist() == [[True, False], [False, False]]
    assert "1 cell like -, NaN or N/A read as not measured." in map(str, reading.report.notes())


def test_a_missing_size_is_not_known(tmp_path: Path) -> None:
    assert np.isnan(read(tmp_path, PLAIN.replace("1B", "N/A")).table.params).tolist() == [
        True,
        False,
    ]


@pytest.mark.parametrize("word", ["inf", "zero", "0.5x"])
def test_other_words_are_mistakes(tmp_path: Path, word: str) -> None:
    with pytest.raises(RecordError, match=f"line 2: piqa: .*{word}"):
        read(tmp_path, PLAIN.replace("0.5", word))


def test_all_columns_that_cannot_be_read_are_named_at_once(tmp_path: Path) -> None:
    text = PLAIN.replace("0.5", "good").replace("0.3", "fine")
    with pytest.raises(RecordError, match=r"piqa: 'good'.* The same holds for hellaswag\..*x_"):
        read(tmp_path, text)


def test_nan_in_json_lines_is_missing(tmp_path: Path) -> None:
    text = '{"model": "a", "params": 1e9, "piqa": NaN, "sciq": 0.5}\n'
    reading = read(tmp_path, text, "t.jsonl")
    assert np.isnan(reading.table.scores).sum() == 0
    assert reading.table.benchmarks == ("sciq",)


def test_a_markdown_table_is_read(tmp_path: Path) -> None:
    reading = read(tmp_path, MARKDOWN, "README.md")
    assert_plain(reading)
    notes = "\n".join(map(str, reading.report.notes()))
    assert "the table at line 5 of Markdown is read" in notes
    assert "1 more of its tables, from line 10 on, are left out" in notes
    assert [c.line for c in reading.table.checkpoints] == [7, 8]


def test_markdown_is_known_by_its_content(tmp_path: Path) -> None:
    assert_plain(read(tmp_path, MARKDOWN, "pasted"))


def test_markdown_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="Markdown without a table"):
        read(tmp_path, "# Title\n\nwords\n", "README.md")


def test_latex_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="LaTeX is not read; save the table as CSV"):
        read(tmp_path, "\\begin{tabular}{lr}\nModel & PIQA \\\\\na & 0.5 \\\\\n", "t.tex")


def test_a_workbook_is_read_by_its_first_sheet(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Results"])
    sheet.append(["model", "params", "tokens", "piqa", "hellaswag"])
    sheet.append(["a", 1_000_000_000, "20B", 0.5, 0.3])
    sheet.append(["b", 2_000_000_000, "40B", 0.6, 0.4])
    book.create_sheet("notes")
    path = tmp_path / "t.xlsx"
    book.save(path)
    reading = read_records([path])
    assert_plain(reading)
    notes = "\n".join(map(str, reading.report.notes()))
    assert "row 2 is the header" in notes
    assert "not 'notes'" in notes


def test_settings_of_runs_are_no_benchmarks(tmp_path: Path) -> None:
    header = "model,params,tokens,piqa,hellaswag,lr,max_lr,beta2,warmup_ratio,is_moe,release_date\n"
    extra = ",3e-4,0.1,0.95,0.01,0,2026-01-01\n"
    reading = read(tmp_path, header + ROWS.replace("\n", extra))
    assert reading.table.benchmarks == ("piqa", "hellaswag")
    assert reading.report.settings == tuple(header.strip().split(",")[5:])


def test_columns_without_numbers_are_left_out(tmp_path: Path) -> None:
    header = "model,params,tokens,piqa,hellaswag,since,made by\n"
    reading = read(tmp_path, header + ROWS.replace("\n", ",2026-01-01,us\n"))
    assert reading.table.benchmarks == ("piqa", "hellaswag")
    assert reading.report.ignored_columns == ("since", "made by")


def test_columns_of_unknown_names_are_said_to_be_read_as_benchmarks(tmp_path: Path) -> None:
    reading = read(tmp_path, PLAIN.replace("hellaswag", "my_quiz"))
    assert "read as benchmarks: piqa, my_quiz; start the name" in str(reading.report.notes()[0])


def test_a_leaderboard_names_its_models_by_link_or_in_full(tmp_path: Path) -> None:
    link = '"<a href=""https://x.org/{0}"">{0}</a>"'
    rows = "".join(f"{link.format(m)},{n},{s}\n" for m, n, s in (("a", 1, 0.5), ("b", 2, 0.6)))
    reading = read(tmp_path, "Model,#Params (B),PIQA\n" + rows)
    assert [c.model for c in reading.table.checkpoints] == ["a", "b"]
    assert reading.table.params.tolist() == [1e9, 2e9]
    reading = read(tmp_path, "fullname,Size (B),PIQA\na,1,0.5\nb,2,0.6\n")
    assert [c.model for c in reading.table.checkpoints] == ["a", "b"]
    assert reading.table.params.tolist() == [1e9, 2e9]


def test_a_plain_column_among_percent_is_a_warning(tmp_path: Path) -> None:
    text = "model,params,arc (%),piqa (%),code\na,1B,30,50,0\nb,2B,40,60,0.91\n"
    notes = "\n".join(map(str, read(tmp_path, text).report.notes()))
    assert "code (up to 0.91) read as fractions, while arc, piqa are said to be in percent" in notes
    text = text.replace("code", "code (%)")
    notes = "\n".join(map(str, read(tmp_path, text).report.notes()))
    assert "code said to be in percent, and no value is above 1" in notes


def test_a_column_without_a_name_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    path.write_text(",model,params,tokens,quiz\n0,a,1M,20M,0.4\n1,b,2M,40M,0.5\n")
    reading = read_records([path])
    assert reading.table.scores.tolist() == [[0.4], [0.5]]
    assert reading.report.settings == ("unnamed_1",)


def test_a_column_of_words_is_a_remark_and_one_of_odd_numbers_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("model,params,tokens,piqa,comment\na,1B,2B,0.5,good\nb,2B,2B,0.6,\n")
    reading = read_records([path])
    assert reading.table.benchmarks == ("piqa",)
    assert "comment" in reading.report.ignored_columns
    for odd in ("nan", "7 of 9"):
        path.write_text(f"model,params,tokens,piqa,comment\na,1B,2B,0.5,{odd}\nb,2B,2B,0.6,good\n")
        assert "comment" in read_records([path]).report.ignored_columns
    path.write_text("model,params,tokens,piqa,comment\na,1B,2B,0.5,0.7\nb,2B,2B,0.6,good\n")
    with pytest.raises(RecordError, match="comment: 'good' is not a number"):
        read_records([path])
    path.write_text("model,params,tokens,piqa,arc\na,1B,2B,0.5,\nb,2B,2B,0.6,\n")
    assert "arc" not in read_records([path]).report.ignored_columns  # no score yet, and no remark
    path.write_text("model,params,tokens,piqa,comment\na,1B,2B,0.5,inf\nb,2B,2B,0.6,0.7\n")
    with pytest.raises(RecordError, match="inf"):
        read_records([path])


def test_categories_of_pandas_are_read_from_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "model": pd.Categorical(["b", "a", "b"]),
            "params": pd.Categorical([2_000_000_000, 1_000_000_000, 2_000_000_000]),
            "benchmark": pd.Categorical(["x", "x", "y"]),
            "score": [0.5, 0.6, 0.7],
            "x_hash": pd.Categorical([b"\xff", b"\xfe", b"\xff"]),
        }
    )
    frame.to_parquet(tmp_path / "r.parquet", index=False)
    table = read_records([tmp_path / "r.parquet"]).table
    scores = {c.model: row.tolist() for c, row in zip(table.checkpoints, table.scores, strict=True)}
    assert {c.model: c.params for c in table.checkpoints} == {"a": 1e9, "b": 2e9}
    assert scores["b"] == [0.5, 0.7]


def test_parquet_needs_pyarrow_and_csv_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    check_record_place(tmp_path / "r.csv")
    with pytest.raises(RecordError, match="Parquet needs pyarrow"):
        check_record_place(tmp_path / "r.parquet")
    with pytest.raises(RecordError, match=r"written as \.csv or \.parquet"):
        check_record_place(tmp_path / "r.xlsx")


@pytest.mark.parametrize("name", ["r.csv", "r.parquet"])
def test_records_are_written_in_the_form_of_their_name(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"model": ["a"], "params": [1e9], "benchmark": ["x"], "score": [0.1]})
    write_records(tmp_path / name, frame)
    assert read_records([tmp_path / name]).table.scores.tolist() == [[0.1]]
    assert ((tmp_path / name).read_bytes()[:4] == b"PAR1") == name.endswith(".parquet")
