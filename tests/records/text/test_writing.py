"""A file is written whole or not at all, whatever ends the program and wherever a link leads."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scalepredict.errors import StorageError
from scalepredict.records.text.writing import check_place, write_whole

OLD, NEW = b"old", b"n" * 100_000
# Writes NEW to a file; is killed before the event that is named, or may write so many bytes.
PROGRAM = """
import os, resource, signal, sys
from scalepredict.errors import StorageError
from scalepredict.records.text.writing import write_whole
path, event, limit = sys.argv[1:]
sys.addaudithook(lambda name, _: name == event and os.kill(os.getpid(), signal.SIGKILL))
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    write_whole(path, b"n" * 100_000)
except StorageError as error:
    sys.exit(str(error))
"""


def write(path: Path, *, event: str = "", limit: int = 0) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(path), event, str(limit)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("event", ["tempfile.mkstemp", "os.chmod", "os.rename"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_file_is_old_or_new_when_its_writer_is_killed(
    tmp_path: Path, event: str, linked: bool
) -> None:
    path = tmp_path / "f"
    path.write_bytes(OLD)
    (tmp_path / "link").symlink_to(path)
    code, _ = write(tmp_path / "link" if linked else path, event=event)
    assert code == -signal.SIGKILL
    assert path.read_bytes() == OLD


@pytest.mark.parametrize("limit", [1, 4096, 99_999])
@pytest.mark.parametrize("linked", [False, True])
def test_on_a_full_disk_the_old_file_stays_and_nothing_else(
    tmp_path: Path, limit: int, linked: bool
) -> None:
    path = tmp_path / "f"
    path.write_bytes(OLD)
    (tmp_path / "link").symlink_to(path)
    named = tmp_path / "link" if linked else path
    code, said = write(named, limit=limit)
    assert (code, said) == (1, f"{named}: cannot be written: File too large.\n")
    assert path.read_bytes() == OLD
    assert {entry.name for entry in tmp_path.iterdir()} == {"f", "link"}


def test_a_link_stays_a_link_and_keeps_the_rights_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "f", tmp_path / "link"
    link.symlink_to(real)
    write_whole(link, NEW)
    assert link.is_symlink()
    real.chmod(0o640)
    write_whole(link, "again")
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"again", 0o640)
    assert [entry.name for entry in real.parent.iterdir()] == ["f"]


def test_a_link_into_nowhere_and_a_ring_are_refused(tmp_path: Path) -> None:
    (tmp_path / "far").symlink_to(tmp_path / "none" / "f")
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    for name in ("far", "ring"):
        with pytest.raises(StorageError, match=f"{name}: cannot be written: it is a link"):
            write_whole(tmp_path / name, NEW)


def test_a_lone_surrogate_is_written_as_its_escape(tmp_path: Path) -> None:
    write_whole(tmp_path / "f", '{"model": "\ud800"}')
    assert (tmp_path / "f").read_bytes() == b'{"model": "\\ud800"}'


def test_a_device_is_written_to(tmp_path: Path) -> None:
    check_place(os.devnull)
    write_whole(os.devnull, NEW)
    assert Path(os.devnull).is_char_device()
