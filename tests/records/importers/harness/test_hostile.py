"""Files that are broken or meant to hurt: a sentence each, bounded memory, nothing else written."""

import gzip
import json
import os
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.collect import collect
from scalepredict.records.importers.harness import source_file


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


def test_a_quote_that_the_header_opens_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('"Step",x,"190M - eval/arc/acc\n1,2,3\n')
    with pytest.raises(RecordError, match=r"x\.csv: 2: unexpected end of data"):
        collect([tmp_path / "x.csv"])


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


def one_score(folder: Path, name: str = "r.json", **config: object) -> Path:
    content = {"results": {"arc": {"acc,none": 0.5}}, "versions": {}, "config": config}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))
    return folder / name


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1e999", "1e999", "NaN"])
def test_a_number_beyond_all_floats_is_no_score(tmp_path: Path, number: str) -> None:
    path = one_score(tmp_path, model_args="pretrained=a-1b")
    path.write_text(path.read_text().replace("0.5", number))
    with pytest.raises(RecordError, match="1 value left out: acc is not a finite number"):
        collect([path])


def test_a_parameter_count_beyond_all_floats_is_not_believed(tmp_path: Path) -> None:
    path = one_score(tmp_path, model_args="pretrained=a", model_num_parameters=10**400)
    assert collect([path]).checkpoints[0].sizes == {}


def test_a_pipe_in_a_folder_is_neither_waited_for_nor_called_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "results_x.json")
    with pytest.raises(RecordError, match="not a regular file"):
        collect([tmp_path], samples=True)


def test_a_device_without_an_end_is_not_read() -> None:
    with pytest.raises(RecordError, match="neither a file nor a folder"):
        collect([Path("/dev/zero")])


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"{" * 9000)[:40], b"\x1f\x8b\x08\0" + b"x" * 30],
    ids=["cut off", "no gzip data"],  # a header of gzip holds the time: it would be another test
)
def test_damaged_gzip_data_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json.gz").write_bytes(content)
    with pytest.raises(RecordError, match="gzip data is cut off or damaged"):
        collect([tmp_path])


def test_what_unpacks_to_too_much_is_refused_early(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b"[" + bytes(40 * 2**20)))
    with pytest.raises(RecordError, match="larger than 32 MiB"):
        collect([tmp_path])


def test_a_row_that_is_cut_off_is_named_and_blank_lines_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a-1b.csv"
    path.write_text("arc/acc,_step\n0.5,1\n\n")
    assert len(collect([path]).placed) == 1
    path.write_text("arc/acc,_step\n0.5,1\n0.6")
    with pytest.raises(RecordError, match="3: 1 cell, but the header has 2"):
        collect([path])


def test_step_zero_and_a_step_in_the_file_name_do_not_clash(tmp_path: Path) -> None:
    path = tmp_path / "a-1b-step100.csv"
    path.write_text("_step,arc/acc\n0,0.5\n")
    assert collect([path]).checkpoints[0].sizes["step"] == 0.0


def test_names_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J-1b.csv").write_text("_step,arc/acc\n0,0.5\n")
    with pytest.raises(RecordError, match="a name with control characters"):
        collect([tmp_path])


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ([{"name": {"name": "em", "split": "valid"}, "count": 1, "mean": 0.3}], "Every Eval Ever"),
        ({"name": "mmlu:model=a", "adapter_spec": {"model": "a"}}, "its stats.json is read"),
    ],
)
def test_a_known_format_that_is_not_read_comes_with_a_way_round(
    tmp_path: Path, content: object, advice: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(RecordError, match=advice):
        collect([tmp_path])
