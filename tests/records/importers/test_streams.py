"""What comes out of a pipe is kept as a file whose ending tells its form, and gone afterwards."""

import gzip
import io
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.importers.streams import STDIN, is_stream, kept_streams, shown


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (b'{"a": 1}\n{"a": 2}\n', ".jsonl"),
        (b'{"a": 1}\n', ".json"),
        (b'{\n "a": 1\n}\n', ".json"),
        (b"[1, 2]\n", ".json"),
        (b"a,b\n1,2\n", ".csv"),
        (gzip.compress(b'{"a": 1}\n{"a": 2}\n', mtime=0), ".jsonl.gz"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), ".csv.gz"),
    ],
)
def test_its_first_bytes_tell_the_form(
    content: bytes, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    with kept_streams([STDIN, STDIN, Path("plain.json")]) as kept:
        (file,) = kept.values()
        assert set(kept) == {STDIN}
        assert file.name == f"stdin{ending}"
        assert file.read_bytes() == content
    assert not file.exists()


def test_nothing_and_a_closed_pipe_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b" \n")))
    with pytest.raises(RecordError, match="<stdin>: nothing came out of it"), kept_streams([STDIN]):
        pass
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(RecordError, match="<stdin>: it is closed"), kept_streams([STDIN]):
        pass


def test_streams_are_told_from_files(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    assert not is_stream(tmp_path / "a.json")
    assert is_stream(STDIN)
    assert is_stream(Path("/dev/stdin"))
    assert is_stream(Path("/dev/fd/63"))
    assert (shown(STDIN), shown(Path("a.json"))) == ("<stdin>", "a.json")
