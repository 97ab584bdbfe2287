"""Which files are records, by name or first bytes; what is none is named for what it is."""

import gzip
import io
import os
import threading
from pathlib import Path

import pytest

from scalepredict.errors import RecordError
from scalepredict.records.formats import sources
from scalepredict.records.formats.sources import Form, Source, find_sources


def piped(content: bytes) -> Source:
    return Source(name="<stdin>", path=None, content=content)


def filed(tmp_path: Path, name: str, content: bytes = b"a,b\n1,2\n") -> Source:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Source(name=name, path=path)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"model,score\nm,0.5\n", Form.DELIMITED),
        (b"model\tscore\nm\t0.5\n", Form.DELIMITED),
        (b"model;score\nm;0,5\n", Form.DELIMITED),
        (b"\xef\xbb\xbfmodel,score\n", Form.DELIMITED),
        (b"model\n", Form.DELIMITED),
        (b'{"model": "m"}\n{"model": "n"}\n', Form.JSON_LINES),
        (b'\n  {"model": "m"}\n', Form.JSON_LINES),
        (b'{\n "records": []}', Form.YAML),
        (b"[1, 2]\n", Form.YAML),
        (b"# records, of us\nrecords:\n", Form.YAML),
        (b"- model: m, the first\n", Form.YAML),
        (b"records:\n - a\n", Form.YAML),
        (b"schema: 1\n", Form.YAML),
        (b"| model | arc |\n|---|---:|\n| m | .5 |\n", Form.MARKDOWN),
        (b"model | arc\n--- | ---\nm | .5\n", Form.MARKDOWN),
        (b"PAR1....PAR1", Form.PARQUET),
    ],
)
def test_the_form_of_what_has_no_name_is_seen_in_its_first_bytes(
    content: bytes, form: Form
) -> None:
    assert piped(content).form() is form
    assert piped(gzip.compress(content)).form() is form


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("r.csv", Form.DELIMITED),
        ("r.TSV", Form.DELIMITED),
        ("r.v1.2.csv.gz", Form.DELIMITED),
        ("r.ndjson", Form.JSON_LINES),
        ("r.json", Form.YAML),
        ("r.yml", Form.YAML),
        ("r.md", Form.MARKDOWN),
    ],
)
def test_a_name_goes_before_the_content(name: str, form: Form, tmp_path: Path) -> None:
    assert filed(tmp_path, name).form() is form
    assert filed(tmp_path, name).has_known_name()


def test_a_name_that_says_nothing_leaves_it_to_the_content(tmp_path: Path) -> None:
    for name in ("r", "r.txt", "r.gz", "csv"):
        assert filed(tmp_path, name).form() is Form.DELIMITED
        assert not filed(tmp_path, name).has_known_name()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b" \n\t\n", "the file is empty"),
        (b"PK\x03\x04....", "a zip archive or an Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"BZh91AY", "bzip2 data"),
        (b"\xfd7zXZ\x00", "xz data"),
        (b"\x28\xb5\x2f\xfd..", "zstandard data"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary data, not records"),
        (b"\\begin{tabular}{lr}\nm & 0.5 \\\\\n", "LaTeX is not read; save the table as CSV"),
        (b"m & 0.5 \\\\ \\hline\n", "LaTeX is not read"),
    ],
)
def test_what_is_no_record_is_named_for_what_it_is(content: bytes, words: str) -> None:
    with pytest.raises(RecordError, match=f"^<stdin>: .*{words}"):
        piped(content).form()


def test_utf_16_is_told_from_other_bytes() -> None:
    with pytest.raises(RecordError, match="UTF-16 text"):
        piped("model,score\n".encode("utf-16")).form()


def test_bytes_that_are_no_utf_8_are_named_with_their_line() -> None:
    source = piped("model,score\nmädchen,0.5\n".encode("latin-1"))
    with pytest.raises(RecordError, match=r"<stdin>, line 2: byte 0xe4 is not UTF-8 text"):
        source.check_readable()
    piped("model,score\nmädchen,0.5\n".encode()).check_readable()


def test_packed_data_that_is_cut_off_is_told() -> None:
    whole = gzip.compress(os.urandom(1000))
    for damaged in (whole[:200], whole[:-4] + b"\0\0\0\0"):
        with pytest.raises(RecordError, match="the gzip data is cut off or damaged"):
            piped(damaged).read_whole()


def test_what_unpacks_to_more_than_fits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_WHOLE_BYTES", 1 << 20)
    line = b"a,b\n"
    fits = line * ((1 << 20) // len(line))
    assert piped(gzip.compress(fits)).read_whole() == fits
    with pytest.raises(RecordError, match="more than 1 MiB; give records of that size as"):
        piped(gzip.compress(fits + line)).read_whole()


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(RecordError, match=r"r.csv: cannot be read \(No such file"),
        Source(name="r.csv", path=tmp_path / "gone.csv").open(),
    ):
        pass


def test_a_folder_gives_its_record_files_in_order_and_names_the_others(tmp_path: Path) -> None:
    for name in ("b.csv", "a/z.jsonl", "a/deep/y.csv.gz", ".hidden/x.csv", ".x.csv", "note.txt"):
        filed(tmp_path, name)
    filed(tmp_path, "ladder.yaml", b"schema: 1\nmodels: []\n")
    filed(tmp_path, "records.yaml", b"records: []\n")
    filed(tmp_path, "results.json", b'{"results": {}}')
    filed(tmp_path, "mine.json", b'{"records": []}')
    found, others = find_sources([tmp_path])
    here = [str(Path(source.name).relative_to(tmp_path)) for source in found]
    assert here == ["a/deep/y.csv.gz", "a/z.jsonl", "b.csv", "mine.json", "records.yaml"]
    assert [Path(name).name for name in others] == ["ladder.yaml", "results.json"]


def test_a_file_that_is_named_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    odd = filed(tmp_path, ".hidden.txt")
    assert odd.path is not None
    found, others = find_sources([odd.path, odd.path])
    assert [source.path for source in found] == [odd.path] * 2
    assert others == ()


def test_a_path_that_is_not_there_and_a_folder_without_records_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"gone.csv: no such file or folder"):
        find_sources([tmp_path / "gone.csv"])
    with pytest.raises(RecordError, match=r"no record files here; they end in .csv, .tsv"):
        find_sources([tmp_path])
    with pytest.raises(RecordError, match="nothing: no record files here"):
        find_sources([])


def test_a_dash_is_what_is_piped_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,2\n")))
    ((source,), _) = find_sources(["-"])
    assert (source.name, source.read_whole()) == ("<stdin>", b"a,b\n1,2\n")
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(RecordError, match="<stdin>: it is closed; pipe records into it"):
        find_sources(["-"])


def test_a_named_pipe_is_read_once_and_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"a,b\n1,2\n",))
    writer.start()
    ((source,), _) = find_sources([pipe])
    writer.join()
    assert source.form() is Form.DELIMITED
    assert source.read_whole() == b"a,b\n1,2\n"
