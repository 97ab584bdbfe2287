"""Are results read out of pipes, and are files that cannot be read told by reason?"""

import gzip
import io
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.collect import collect

RESULT = {
    "results": {"quiz": {"acc,none": 0.625}},
    "versions": {"quiz": 1},
    "config": {"model_args": "pretrained=m"},
}
RUNS = "Name,State,eval/arc/acc\nr1,finished,0.5\nr2,finished,0.75\n"


def through_pipe(tmp_path: Path, content: bytes) -> Path:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_bytes, args=(content,), daemon=True).start()
    return pipe


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("text", "scores"),
    [
        (json.dumps(RESULT), [0.625]),
        (json.dumps(RESULT, indent=1), [0.625]),
        (RUNS, [0.5, 0.75]),
    ],
)
def test_a_pipe_is_read_like_a_file(
    tmp_path: Path, pack: type[bytes], text: str, scores: list[float]
) -> None:
    collected = collect([through_pipe(tmp_path, pack(text.encode()))])
    assert [placed.score.score for placed in collected.placed] == scores


def test_stdin_is_read_like_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(RUNS.encode())))
    collected = collect([Path("-")])
    assert {placed.score.source for placed in collected.placed} == {"<stdin>"}


def test_a_pipe_that_gives_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"pipe: nothing came out of it\."):
        collect([through_pipe(tmp_path, b"")])


def test_files_that_cannot_be_read_for_one_reason_are_told_together(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.json").write_text("{}", encoding="utf-8")
    (tmp_path / "e.json").write_text("{", encoding="utf-8")
    with pytest.raises(RecordError) as caught:
        collect([tmp_path])
    message = str(caught.value)
    assert message.count("of no known format") == 1
    assert "c.json and 1 more: of no known format; " in message
    assert ".; " not in message


def test_what_every_reader_that_was_asked_for_missed_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"x": 1}', encoding="utf-8")
    with pytest.raises(RecordError, match=r"no open-lm: it needs .*; no opencompass: it needs "):
        collect([tmp_path], kind="open")
    with pytest.raises(RecordError, match=r"a\.json: no lm-eval: it has no `results`") as caught:
        collect([tmp_path], kind="lm-eval")
    assert "lm-eval-samples:" not in str(caught.value)
