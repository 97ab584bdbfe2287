"""Each mistake in a file gets one sentence: where it is, the value, and what to write instead."""

import gzip
import re
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from scalepredict.errors import ScalePredictError
from scalepredict.records.formats import csv_file as delimited
from scalepredict.records.formats import parquet_file as parquet
from scalepredict.records.reading.read import read_records

HEADER = "model,params,tokens,benchmark,metric,score\n"
ROW = "a,1B,20B,piqa,acc,0.6\n"
LONG = (HEADER + "".join(f"a,1B,{i}B,piqa,acc,0.{i}\n" for i in range(1, 5000))).encode()
RECORD = "records:\n  - model: a\n    params: {}\n    tokens: 2B\n    scores: {{piqa: {}}}\n"

CSV_MISTAKES = {
    "missing column": ("model,params,score\na,1B,0.6\n", r"line 1: no column 'benchmark'"),
    "misspelt header": (
        HEADER.replace("params", "parms") + ROW,
        r"line 1: unknown column 'parms'; did you mean 'params'\?",
    ),
    "text in a number": (
        HEADER + ROW + "b,big,20B,piqa,acc,0.5\n",
        r"line 3: params: 'big' is not a count; write it like 70B",
    ),
    "text in a score": (HEADER + ROW + "b,1B,2B,piqa,acc,good\n", r"line 3: score: 'good' is not"),
    "percent": (HEADER + ROW + "b,1B,2B,piqa,acc,57\n", r"line 3: score 57 .*`score \(%\)`"),
    "percent sign": (HEADER + "b,1B,2B,piqa,acc,57%\n", r"line 2: score: '57%'.*`score \(%\)`"),
    "negative tokens": (HEADER + "b,1B,-2B,piqa,acc,0.5\n", r"line 2: tokens: '-2B' is not a pos"),
    "negative score": (HEADER + "b,1B,2B,piqa,acc,-0.5\n", r"line 2: score -0.5 is not between"),
    "contradiction in loss": (
        "model,params,tokens,loss,benchmark,score\n"
        + "z,3B,2B,2.5,piqa,0.6\na,1B,2B,2.5,piqa,0.6\na,1B,2B,2.7,arc,0.6\n",
        r"line 4: loss 2.7 contradicts loss 2.5 at .*line 3",
    ),
    "contradiction after an empty cell": (
        "model,params,tokens,loss,benchmark,score\n"
        + "a,1B,2B,,x,0.6\na,1B,2B,2.5,y,0.6\na,1B,2B,2.7,z,0.6\n",
        r"line 4: loss 2.7 contradicts loss 2.5 at .*line 3",
    ),
    "contradiction": (
        HEADER + ROW + ROW.replace("0.6", "0.61"),
        r"line 3: score 0.61 contradicts score 0.6 at .*line 2",
    ),
    "two sizes of a model": (
        HEADER + ROW + "a,2B,40B,piqa,acc,0.6\n",
        r"line 3: model 'a' has 2B params here and 1B at .*line 2",
    ),
    "loss below zero": (
        "model,params,tokens,benchmark,score,task_loss\na,1B,2B,piqa,0.6,-1\n",
        r"line 2: task_loss -1 is not between 0 and 50 \(benchmark piqa\); a loss is minus the",
    ),
    "loss beyond all": (
        "model,params,tokens,loss,benchmark,score\na,1B,2B,60,piqa,0.6\n",
        r"line 2: loss 60 is not between 0 and 50",
    ),
    "name of no width": (
        HEADER + ROW + "\u200b\ufeff,1B,2B,piqa,acc,0.5\n",
        r"line 3: model '\\u200b\\ufeff' has no visible character; write a name",
    ),
    "task that is drawn as nothing": (
        "model,params,tokens,benchmark,task,score\na,1B,2B,piqa,\u3164,0.5\n",
        r"line 2: task '\\u3164' has no visible character",
    ),
    "column of no width": (
        "model,params,tokens,arc,\u2060\na,1B,2B,0.6,0.5\n",
        r"line 1: the name of column 5, '\\u2060', has no visible character",
    ),
    "header only": (HEADER, r"a header and no rows"),
    "empty file": ("", r"the file is empty"),
    "infinity": (HEADER + "b,1B,2B,piqa,acc,inf\n", r"line 2: score: inf is not a finite"),
    "no model": (HEADER + ",1B,2B,piqa,acc,0.5\n", r"line 2: no model"),
    "too many cells": (HEADER + ROW + "b,1B,2B,piqa,acc,0.5,7\n", r"line 3: 7 cells, .* has 6"),
    "open quote": (HEADER + ROW + '"b,1B,2B,piqa,acc,0.5\n', r"line 3: a quote is opened and nev"),
    "quotes that swallow a row": (
        HEADER + ROW + 'b,1B,2B,"piqa,acc,0.5\nc,1B,2B,"piqa,acc,0.6\n' * 2 + ROW,
        r"line 3: the quote in column 'benchmark' is not closed on its line",
    ),
    "quotes that swallow a row in a remark": (
        "model,params,tokens,benchmark,score,x_note\n"
        + 'a,1B,2B,x,0.5,"fine,\nbroken on purpose"\nb,1B,2B,x,0.5,"4\nc,1B,2B,x,0.6,"5\n',
        r"line 4: the quote in column 'x_note' is not closed on its line",
    ),
    "a line after a quoted line break": (
        "model,params,tokens,benchmark,score,x_note\n"
        + 'a,1B,2B,x,0.5,"in two\nlines"\nb,1B,-2B,x,0.5,\n',
        r"line 4: tokens: '-2B' is not a pos",
    ),
    "too many cells after a quoted line break": (
        "model,params,tokens,benchmark,score,x_note\n"
        + 'a,1B,2B,x,0.5,"in two\r\nlines"\nb,1B,2B,x,0.5,,7\n',
        r"line 4: 7 cells, .* has 6",
    ),
    "an open quote after a quoted line break": (
        "model,params,tokens,benchmark,score,x_note\n"
        + 'a,1B,2B,x,0.5,"in two\nlines"\n"b,1B,2B,x,0.5,\n',
        r"line 4: a quote is opened and nev",
    ),
    "more cells in every row": ("model,piqa\na,0.5,7\nb,0.6,8\n", r"line 2: 3 cells, .* has 2"),
    "two names for a column": ("model,params,n_params\na,1B,1B\n", r"'params' and 'n_params' mean"),
    "more successes than trials": (
        "model,params,tokens,benchmark,successes,trials\na,1B,2B,x,5,4\n",
        r"line 2: 5 successes in 4 trials",
    ),
    "part of a success": (
        "model,params,tokens,benchmark,successes,trials\na,1B,2B,x,1.5,4\n",
        r"line 2: 1.5 successes is not a whole number; .* a score instead",
    ),
    "score in a wide table": (
        "model,params,tokens,piqa,fluency\na,1B,2B,0.6,57\n",
        r"line 2: score 57 .*\(benchmark fluency\).* ignored if its name starts with x_",
    ),
    "a score and another one in trials": (
        "model,params,tokens,benchmark,successes,trials,score\na,1B,2B,x,1,1,0.4\n",
        r"line 2: score 0.4 contradicts 1 success in 1 trial; correct or remove",
    ),
    "no trials": (
        "model,params,tokens,benchmark,successes,trials\na,1B,2B,x,0,0\n",
        r"line 2: trials: 0 answers make no score; correct the count, or remove the row",
    ),
    "no items in a wide table": ("model,params,x,x/n\na,1B,0.5,0\n", r"line 2: x/n: 0 answers"),
    "fewer than no items": ("model,params,x,x/n\na,1B,0.5,-3\n", r"line 2: x/n: .* a positive"),
    "two mistakes in a column": (
        HEADER + ROW + "b,1B,2B,piqa,acc,zero\nc,1B,2B,piqa,acc,one\n",
        r"line 3: score: 'zero' is not",
    ),
    "unknown role": ("model,params,benchmark,score,role\na,1B,x,0.5,eval\n", r"role 'eval' is not"),
}
YAML_MISTAKES = {
    "duplicate key": (
        RECORD.format("1B\n    params: 2B", 0.6),
        r":4:5: duplicate key 'params', first at line 3",
    ),
    "unknown key": (RECORD.replace("params", "parms").format(1, 0.6), r":3:12: .*'params'\?"),
    "base 60": (RECORD.format("1:30", 0.6), r":3:13: params: '1:30' is not a count"),
    "a count beyond floats": (RECORD.format("1" + "0" * 5000, 0.6), r"5: params: inf is not"),
    "a score beyond floats": (RECORD.format("1B", "1" + "0" * 400), r"5: score: inf is not"),
    "no is not false": (RECORD.format("no", 0.6), r":3:13: params: 'no' is not a count"),
    "text": (RECORD.format("1B", "high"), r":5:20: piqa: 'high' is not a number"),
    "no scores": ("records:\n  - {model: a}\n", r":2:5: this entry has no 'scores'"),
    "syntax": ("records:\n  - model: [a\n    b: 1\n", r":3:6: not valid YAML"),
    "aliases that explode": (
        "a: &a [x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 20)}]\n" for a, b in pairwise("abcdef")),
        r"aliases repeat this more than",
    ),
    "deep nesting": ("[" * 100_000, r"nested deeper than 50 levels"),
    "python object": ("!!python/object/apply:os.system ['true']\n", r"expected `records:`"),
    "chance in percent": ("benchmarks:\n  piqa: {chance: 50}\n", r":2:18: .*chance.*: 50; write"),
}
BYTE_MISTAKES = {
    "truncated.csv.gz": (gzip.compress(LONG)[:-200], r"gzip data is cut off or damaged"),
    "damaged.csv.gz": (gzip.compress(LONG)[:-8] + b"12345678", r"gzip data is cut off or damaged"),
    "binary.csv": (bytes(range(256)) * 10, r"binary data"),
    "workbook.csv": (b"PK\x03\x04....", r"Excel workbook, not records; save it as CSV"),
    "latin1.csv": (LONG + "é,1B,2B,piqa,acc,0.6\n".encode("latin1"), r"line 5001: byte 0xe9 is no"),
    "utf16.csv": ((HEADER + ROW).encode("utf-16"), r"UTF-16 text, not records; save it as CSV"),
    "bad.parquet": (b"PAR1............PAR1", r"damaged or unsupported Parquet"),
    "cut.jsonl": (b'{"model": "a"}\n{"model":\n', r"line 2: not a JSON value"),
    "twice.jsonl": (
        b'{"model": "a", "score": 0.5}\n{"model": "b", "score": 0.5, "score": 0.6}\n',
        r"line 2: key 'score' twice in one object; keep one",
    ),
    "list.jsonl": (b"[1, 2]\n", r"line 1: a list instead of an object"),
    "infinity.jsonl": (
        b'{"model": "a", "score": Infinity}\n',
        r"line 1: .*Infinity is not a number",
    ),
    "beyond floats.jsonl": (
        b'{"model": "a", "params": 1%b, "benchmark": "x", "score": 0.5}\n' % (b"0" * 400),
        r"line 1: params: ",
    ),
    "surrogate.jsonl": (b'{"model": "\\ud800"}\n', r"line 1: .*surrogates not allowed"),
    "true.jsonl": (
        b'{"model": "a", "params": true, "benchmark": "x", "score": 0.5}\n',
        r"line 1: params: 'true' is not a count",
    ),
}


def refusal(path: Path) -> str:
    with pytest.raises(ScalePredictError) as caught:
        read_records([path])
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("chunk", [1, 1 << 18])
@pytest.mark.parametrize("mistake", CSV_MISTAKES)
def test_a_mistake_in_csv_is_named_with_its_place_and_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: str, chunk: int
) -> None:
    monkeypatch.setattr(delimited, "CHUNK", chunk)
    text, expected = CSV_MISTAKES[mistake]
    path = tmp_path / "records.csv"
    path.write_text(text, encoding="utf-8")
    assert re.search(expected, refusal(path))


@pytest.mark.parametrize("mistake", YAML_MISTAKES)
def test_a_mistake_in_yaml_is_named_with_its_place_and_remedy(tmp_path: Path, mistake: str) -> None:
    text, expected = YAML_MISTAKES[mistake]
    path = tmp_path / "records.yaml"
    path.write_text(text, encoding="utf-8")
    assert re.search(expected, refusal(path))


@pytest.mark.parametrize("name", BYTE_MISTAKES)
def test_bytes_that_are_no_records_are_refused(tmp_path: Path, name: str) -> None:
    content, expected = BYTE_MISTAKES[name]
    path = tmp_path / name
    path.write_bytes(content)
    assert re.search(expected, refusal(path))


def test_a_row_of_parquet_is_counted_over_all_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_BATCH", 2)
    path = tmp_path / "records.parquet"
    scores = [0.1, 0.2, 0.3, 0.4, 7.0]
    pd.DataFrame(
        [
            {"model": f"m{i}", "params": 1e9, "benchmark": "x", "score": s}
            for i, s in enumerate(scores)
        ]
    ).to_parquet(path)
    assert "row 5: score 7 is not" in refusal(path)


def test_a_missing_file_and_a_folder_without_records_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "missing.csv")
    assert "no record files here" in refusal(tmp_path)
