"""Files of known formats that are not read are told what to do instead."""

from pathlib import Path

import pytest

from scalepredict.records.importers.harness.source_file import SourceFile
from scalepredict.records.importers.unreadable import as_records, by_reason, route


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([{"name": {"name": "em", "split": "test"}, "count": 3}], "without the run_spec.json"),
        ({"adapter_spec": {}}, "its stats.json is read"),
        ([{"instance_id": 1, "train_trial_index": 0}], "its stats.json is read"),
        ({"model_output": [], "native_id": 3}, "single answers of OLMES"),
    ],
)
def test_a_known_format_has_its_way(tmp_path: Path, content: object, words: str) -> None:
    found = route(SourceFile(path=tmp_path / "x.json", name="x", content=content))
    assert found is not None
    assert words in found


@pytest.mark.parametrize("content", [None, [], [1], {}, {"name": "x", "count": 3}])
def test_any_other_file_has_none(tmp_path: Path, content: object) -> None:
    assert route(SourceFile(path=tmp_path / "x.json", name="x", content=content)) is None


def test_a_table_is_sent_to_the_readers_of_records(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("model,piqa\na,0.5\n")
    found = as_records(path, "r.csv")
    assert found is not None
    assert found.startswith("CSV, a table and not the result of a harness")
    (tmp_path / "r.json").write_text("{}")
    assert as_records(tmp_path / "r.json", "r.json") is None
    (tmp_path / "e.csv").write_bytes(b"%PDF-1.7")
    pdf = as_records(tmp_path / "e.csv", "e.csv")
    assert pdf is not None
    assert "a PDF" in pdf
    assert not pdf.startswith("e.csv")


def test_files_that_share_a_reason_are_told_together() -> None:
    skipped = [("a.json", "not JSON"), ("b.json", "too large"), ("c.json", "not JSON")]
    assert by_reason(skipped) == [("a.json, c.json", "not JSON"), ("b.json", "too large")]
    many = [(f"{i}.json", "not JSON") for i in range(5)]
    assert by_reason(many) == [("0.json, 1.json, 2.json and 2 more", "not JSON")]
    assert by_reason([]) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("r.md", "| model | arc |\n|---|---|\n| a | .5 |\n", "Markdown, a table"),
        ("r.txt", "model\tarc\na\t.5\n", "CSV, a table"),
        ("r.yaml", "records: []\n", None),
        ("r.csv", "", "the file is empty"),
        ("r.jsonl.gz", "whatever", None),
    ],
)
def test_what_no_harness_wrote_is_named_as_its_readers_see_it(
    tmp_path: Path, name: str, content: str, words: str | None
) -> None:
    (tmp_path / name).write_text(content)
    found = as_records(tmp_path / name, name)
    assert (found is None) if words is None else (found or "").startswith(words)
