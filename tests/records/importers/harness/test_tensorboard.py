"""Event files of TensorBoard, made byte by byte as their format says."""

import struct
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.collect import collect
from scalepredict.records.importers.harness.source_file import open_source
from scalepredict.records.importers.harness.tensorboard import TensorBoard
from scalepredict.records.importers.sidecar import read_ladder

LADDER = """
defaults: {family: mix, tokens_per_step: 1M}
models:
  - {match: "mix-160m", params: 160M}
"""


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def event(step: int, **values: float) -> bytes:
    summary = b"".join(
        field(1, field(1, tag.replace("__", "/").encode()) + b"\x15" + struct.pack("<f", value))
        for tag, value in values.items()
    )
    return b"\x09" + struct.pack("<d", 1.7e9) + b"\x10" + varint(step) + field(5, summary)


def tensor_event(step: int, tag: str, value: float) -> bytes:
    tensor = b"\x08\x01" + field(4, struct.pack("<f", value))
    return b"\x10" + varint(step) + field(5, field(1, field(1, tag.encode()) + field(8, tensor)))


def record(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + b"\0" * 4 + content + b"\0" * 4


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "logs" / "mix-160m"
    folder.mkdir(parents=True)
    content = record(field(3, b"brain.Event:2"))
    content += record(event(1000, eval__arc_easy__acc=0.5, train__lr=0.1))
    content += record(event(2000, eval__arc_easy__acc=0.625))
    content += record(tensor_event(2000, "eval/piqa/acc", 0.75))
    (folder / "events.out.tfevents.1700000000.host").write_bytes(content)
    return folder


def test_scalars_of_steps_become_scores_of_the_run_that_the_folder_names(
    run: Path, tmp_path: Path
) -> None:
    (tmp_path / "ladder.yaml").write_text(LADDER)
    ladder = read_ladder(tmp_path / "ladder.yaml")
    found = collect([run.parent], ladder=ladder)
    assert {c.model for c in found.checkpoints} == {"mix-160m"}
    assert {c.sizes["tokens"] for c in found.checkpoints} == {1e9, 2e9}
    scores = {
        (p.score.subject.step, p.score.benchmark, p.score.metric): p.score.score
        for p in found.placed
    }
    assert scores == {
        (1000.0, "arc_easy", "acc"): 0.5,
        (2000.0, "arc_easy", "acc"): 0.625,
        (2000.0, "piqa", "acc"): 0.75,
    }


def test_a_file_that_is_still_written_is_read_so_far(run: Path) -> None:
    path = next(run.iterdir())
    path.write_bytes(path.read_bytes()[:-3])
    assert {p.score.score for p in collect([run]).placed} == {0.5, 0.625}


def test_what_is_no_event_file_is_refused(run: Path) -> None:
    path = next(run.iterdir())
    path.write_bytes(b"\xff" * 64)
    with pytest.raises(RecordError, match=r"no event file|no scores found"):
        collect([run])


def test_a_file_gives_a_score_for_each_step_in_order(run: Path) -> None:
    (path,) = run.iterdir()
    file = open_source(path, "events")
    assert TensorBoard().recognises(file)
    scores = TensorBoard().read(file).scores
    assert [(s.subject.step, s.benchmark, s.score, s.line) for s in scores] == [
        (1000.0, "arc_easy", 0.5, 1),
        (2000.0, "arc_easy", 0.625, 2),
        (2000.0, "piqa", 0.75, 2),
    ]
