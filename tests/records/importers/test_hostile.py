"""Files that are broken or meant to hurt: a sentence each, bounded memory, nothing else written."""

import json
import os
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers import source_file
from scalepredict.records.importers.collect import collect


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"results": ', "not JSON"),
        ('{"a": 1' + "0" * 5000 + "}", "not JSON"),
        ("[]", "no known format"),
        ("", "not JSON"),
    ],
)
def test_a_damaged_file_is_skipped_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "results_x.json").write_text(text)
    with pytest.raises(RecordError, match="no scores found") as caught:
        collect([tmp_path])
    assert reason in str(caught.value)


def test_binary_and_latin1_files_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "b.csv").write_bytes("_step,ä/acc\n1,0.5\n".encode("latin-1"))
    with pytest.raises(RecordError, match="UTF-8"):
        collect([tmp_path])


def test_a_huge_line_is_refused_before_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_file, "MAX_LINE_BYTES", 1000)
    (tmp_path / "x.csv").write_text("_step,arc/acc\n1," + "9" * 5000)
    with pytest.raises(RecordError, match="a line of more than"):
        collect([tmp_path / "x.csv"])


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "x-1B.csv").write_text("_step,arc/acc\n1,0.5\n")
    os.symlink(tmp_path, tmp_path / "again", target_is_directory=True)
    os.symlink("nowhere", tmp_path / "broken.json")
    assert len(collect([tmp_path]).placed) == 1


def test_a_model_called_like_a_path_stays_a_name(tmp_path: Path) -> None:
    content = {
        "results": {"../../etc/passwd": {"acc,none": 0.5}},
        "versions": {},
        "config": {"model_args": "pretrained=../../../evil-1b"},
    }
    (tmp_path / "r.json").write_text(json.dumps(content))
    collected = collect([tmp_path / "r.json"])
    assert collected.checkpoints[0].model == "../../../evil-1b"
    assert collected.placed[0].score.benchmark == "../../etc/passwd"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.json"]


def test_a_missing_source_is_named() -> None:
    with pytest.raises(RecordError, match="nowhere/at/all: no such file or folder"):
        collect([Path("nowhere/at/all")])
