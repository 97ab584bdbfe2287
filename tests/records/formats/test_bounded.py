"""A small packed file that unpacks to a huge one is refused in little memory and time."""

import gzip
import io
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats.bounded import MAX_LINE_BYTES, bounded_lines
from scalepredict.records.reading.read import read_records

MIB = 1 << 20
HEADER = b"model,params,tokens,benchmark,score\n"
BOMBS = {
    "cell.csv.gz": (HEADER + b"m,1B,1B,arc,", b"1" * MIB, "a line of more than 16 MiB"),
    "header.csv.gz": (b"", b"a" * MIB, "a line of more than 16 MiB"),
    "blank.csv.gz": (HEADER, b"\n" * MIB, "a run of blank lines of more than 16 MiB"),
    "blank.jsonl.gz": (
        b"",
        (b" " * 30 + b"\r\n") * (MIB // 32),
        "the file is empty|a run of blank lines",
    ),
    "line.jsonl.gz": (b'{"model": "', b"1" * MIB, "a line of more than 16 MiB"),
    "long.yaml.gz": (b"records:\n", b"# " + b"a" * (MIB - 3) + b"\n", "more than 64 MiB"),
    "line.yaml.gz": (b"records: [", b"1," * (MIB // 2), "a line of more than 16 MiB"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_what_it_is(tmp_path: Path, name: str) -> None:
    head, block, words = BOMBS[name]
    path = tmp_path / name
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(70):
            file.write(block)
    assert path.stat().st_size < 2 * MIB
    with pytest.raises(RecordError, match=words):
        read_records([path])


def test_a_header_of_many_columns_is_read(tmp_path: Path) -> None:
    names = ",".join(f"own_benchmark_number_{i:05d}" for i in range(6000))
    assert len(names) > 131_072  # bytes, where the csv module stops unless it is told not to
    path = tmp_path / "wide.csv"
    path.write_text(f"model,params,tokens,{names}\n" + "m,1B,20B" + ",0.5" * 6000 + "\n")
    assert read_records([path]).table.scores.shape == (1, 6000)


@pytest.mark.parametrize("filler", [b"a", b" "])
def test_the_longest_line_is_read_whole_and_one_far_longer_is_refused(filler: bytes) -> None:
    fits = b"x\n" + filler * MAX_LINE_BYTES + b"\ny\n"
    assert bounded_lines("f", io.BytesIO(fits)).read() == fits
    with pytest.raises(RecordError, match=r"^f: a (line|run of blank lines) of more than 16 MiB"):
        bounded_lines("f", io.BytesIO(b"x\n" + filler * (MAX_LINE_BYTES + 2 * MIB) + b"\n")).read()


def test_many_lines_that_are_short_are_no_long_line() -> None:
    text = (b"a" * 1000 + b"\r") * 20_000
    assert len(text) > MAX_LINE_BYTES
    assert bounded_lines("f", io.BytesIO(text)).read() == text
