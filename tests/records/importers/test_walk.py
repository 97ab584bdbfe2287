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


def test_folders_are_walked_in_one_order_and_links_to_folders_are_not_followed(
    tmp_path: Path,
) -> None:
    root = folder(tmp_path, "z/r.json", "a/z.json", "a/b/r.json", "a/c.json")
    (root / "loop").symlink_to(root)
    assert shown(root)[0] == ["a/c.json", "a/z.json", "a/b/r.json", "z/r.json"]


def test_a_name_that_no_terminal_could_show_is_passed_over(tmp_path: Path) -> None:
    root = folder(tmp_path, "r.json", "a\x1b[31m.json")
    assert shown(root) == (["r.json"], {"a name with control characters or not in UTF-8": 1})


@pytest.mark.parametrize(
    ("name", "opened"),
    [
        ("r.json", True),
        ("r.json.gz", True),
        ("r.jsonl", True),
        ("r.csv", True),
        ("events.out.tfevents.123.host", True),
        ("r.JSON", False),
        ("r.json.bak", False),
        ("r.parquet", False),
        ("json", False),
    ],
)
def test_a_file_is_opened_by_the_end_of_its_name(tmp_path: Path, name: str, opened: bool) -> None:
    assert bool(shown(folder(tmp_path, name))[0]) is opened


def test_files_and_folders_may_be_named_together(tmp_path: Path) -> None:
    root = folder(tmp_path, "a/r.json", "b.csv")
    found = find_files([root / "b.csv", root / "a"], samples=False, exclude=())
    assert [Path(name).name for _, name in found.files] == ["b.csv", "r.json"]
