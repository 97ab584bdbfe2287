"""Results of harnesses part from records before either is read."""

import json
from pathlib import Path

from scalepredict.records.importers.detect import split_foreign

RESULT = {
    "results": {"arc": {"acc,none": 0.3}},
    "versions": {},
    "config": {"model_args": "pretrained=a"},
}


def test_files_and_folders_are_one_or_the_other(tmp_path: Path) -> None:
    records, result = tmp_path / "r.csv", tmp_path / "results.json"
    records.write_text("model,params,tokens,benchmark,score\na,1B,1B,arc,0.5\n")
    result.write_text(json.dumps(RESULT))
    for name, file in (("ours", records), ("theirs", result)):
        (tmp_path / name).mkdir()
        (tmp_path / name / file.name).write_text(file.read_text())
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    own, foreign = split_foreign([records, str(result), ours, theirs, "-", "missing.json"])
    assert own == [records, ours, "-", "missing.json"]
    assert foreign == [result, theirs]


def test_a_damaged_file_is_left_to_its_reader(tmp_path: Path) -> None:
    damaged = tmp_path / "x.json"
    damaged.write_text("{")
    assert split_foreign([damaged]) == ([damaged], [])
