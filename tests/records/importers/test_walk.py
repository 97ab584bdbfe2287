"""Which files of a folder are opened: sorted, without hidden ones, with a reason for the others."""

from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.walk import UNASKED, find_files


def folder(tmp_path: Path, *names: str) -> Path:
    root = tmp_path / "runs"
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return root


def shown(root: Path, **options: object) -> tuple[list[str], dict[str, int]]:
    settings: dict[str, object] = {"samples": False, "exclude": (), **options}
    found = find_files([root], **settings)  # type: ignore[arg-type]
    return [str(path.relative_to(root)) for path, _ in found.files], found.passed_over


def test_results_are_listed_by_path_and_the_rest_is_counted(tmp_path: Path) -> None:
    root = folder(tmp_path, "b/r.json", "a/r.csv.gz", "a/note.txt", ".git/r.json", "a/.r.json")
    (root / "a" / "gone.json").symlink_to(root / "nothing")
    files, passed_over = shown(root)
    assert files == ["a/r.csv.gz", "b/r.json"]
    assert passed_over == {
        "not a .json, .jsonl or .csv file": 2,
        "not a regular file (a broken link, a pipe)": 1,
    }


def test_single_answers_are_opened_when_asked(tmp_path: Path) -> None:
    root = folder(tmp_path, "r.json", "samples_arc_2026.jsonl", "task-0-predictions.jsonl")
    assert shown(root) == (["r.json"], {UNASKED: 2})
    files, passed_over = shown(root, samples=True)
    assert len(files) == 3
    assert passed_over == {}


def test_exclusions_are_of_names_and_of_paths(tmp_path: Path) -> None:
    root = folder(tmp_path, "a/r.json", "b/r.json", "b/old.json")
    files, passed_over = shown(root, exclude=("*/a/*", "old*"))
    assert (files, passed_over) == (["b/r.json"], {"excluded by --exclude": 2})


def test_the_output_and_repeated_summaries_are_not_read(tmp_path: Path) -> None:
    root = folder(tmp_path, "r.json", "out.csv", "o/metrics-all.jsonl", "o/t-metrics.json")
    files, passed_over = shown(root, output=root / "out.csv")
    assert files == ["r.json", "o/metrics-all.jsonl"]
    assert passed_over == {"repeated in metrics-all.jsonl beside it": 1}


def test_a_run_of_mlflow_is_one_file(tmp_path: Path) -> None:
    root = folder(tmp_path, "0/abc/meta.yaml", "0/abc/metrics/acc", "0/meta.yaml")
    assert shown(root)[0] == ["0/abc/meta.yaml"]


def test_a_file_is_taken_as_it_is_and_a_missing_one_refused(tmp_path: Path) -> None:
    root = folder(tmp_path, "note.txt")
    found = find_files([root / "note.txt"], samples=False, exclude=())
    assert [name for _, name in found.files] == [str(root / "note.txt")]
    with pytest.raises(RecordError, match="no such file or folder"):
        find_files([root / "gone"], samples=False, exclude=())
