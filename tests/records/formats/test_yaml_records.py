"""The YAML form: one entry per checkpoint, scores nested by benchmark and task."""

import numpy as np
import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.rows import FileRows
from scalepredict.records.formats.yaml_records import rows_of_document
from scalepredict.records.text.yaml_text import parse_yaml

RECORDS = """benchmarks: {piqa: {chance: 0.5}}
records:
  - model: a
    params: 1B
    tokens: 20B
    scores:
      piqa: {score: 0.7, stderr: 0.01, n_items: 100}
      mmlu: {anatomy: 0.25, law: {score: 0.5, chance: 0.25}, score: 0.3}
  - {model: b, params: 2B, tokens: 20B, scores: {piqa: 0.75}}
"""


def read(text: str, *, percent: bool = False) -> FileRows:
    return rows_of_document(parse_yaml(text, "r.yaml", error=RecordError), percent=percent)


def test_every_score_is_a_row_with_the_facts_of_its_checkpoint() -> None:
    found = read(RECORDS)
    rows = found.rows
    assert list(rows.text("model")) == ["a"] * 4 + ["b"]
    assert list(rows.text("benchmark")) == ["piqa", "mmlu", "mmlu", "mmlu", "piqa"]
    assert [rows.text("task").codes[i] < 0 for i in range(5)] == [True, True, False, False, True]
    assert list(rows.text("task")[2:4]) == ["anatomy", "law"]
    np.testing.assert_array_equal(rows.number("score"), [0.7, 0.3, 0.25, 0.5, 0.75])
    np.testing.assert_array_equal(rows.number("stderr"), [0.01] + [np.nan] * 4)
    np.testing.assert_array_equal(rows.number("chance"), [np.nan] * 3 + [0.25, np.nan])
    np.testing.assert_array_equal(rows.number("params"), [1e9] * 4 + [2e9])
    assert rows.where(4) == "r.yaml, line 9"
    assert found.metadata is not None
    entry = found.metadata.find("piqa")
    assert entry is not None
    assert entry.chance == {"*": 0.5}


def test_percent_is_said_by_the_file_or_the_command() -> None:
    record = "records: [{model: a, params: 1B, tokens: 1B, scores: {piqa: 70}}]\n"
    assert read(f"percent: true\n{record}").rows.number("score")[0] == 0.7
    assert read(record, percent=True).rows.number("score")[0] == 0.7
    assert read(record).rows.number("score")[0] == 70


def test_benchmarks_alone_are_no_rows() -> None:
    found = read("benchmarks: {piqa: {chance: 0.5}}\n")
    assert len(found.rows) == 0
    assert found.metadata is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- 1\n", "expected `records:`"),
        ("records: {a: 1}\n", "no list `records`"),
        ("records: [1]\n", "an entry must be a mapping"),
        ("records: [{model: a}]\n", "this entry has no 'scores'"),
        ("records: [{model: a, scores: 3}]\n", "scores must map benchmarks to scores"),
        ("records: [{model: a, parms: 1B, scores: {b: 1}}]\n", "unknown key 'parms'.*params"),
        ("records: [{model: a, scores: {b: {stdrr: 0.1}}}]\n", "did you mean 'stderr'"),
        ("records: [{model: a, scores: {b: {t: {z: 1}}}}]\n", "unknown key 'z'"),
        ("records: [{model: a, params: [1], scores: {b: 1}}]\n", "params must be one value"),
        ("records: [{model: a, params: 1Q, scores: {b: 1}}]\n", r"r.yaml:1:30: params: .1Q."),
        ("percent: 1\nrecords: []\n", "percent is 1; write true or false"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        read(text)
