"""What only a terminal shows: drawings beside the numbers, and progress with the time it takes."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scalepredict.cli.views.render import Sheet, Sketch, plain
from scalepredict.cli.views.sketch import BAR, axis_of, interval_bar, sparkline

Run = Callable[..., "subprocess.CompletedProcess[str]"]
RECORDS = "model,params,tokens,benchmark,metric,chance,n_items,score\n" + "".join(
    f"m-{size},{size},300B,arc,acc,0.25,1000,{0.3 + 0.07 * i}\n"
    for i, size in enumerate(("70M", "160M", "410M", "1B", "2.8B"))
)


def on_terminal(folder: Path, *arguments: str, columns: int) -> tuple[str, str]:
    """Stdout on a terminal of that width, and stderr on another."""
    out, shown = pty.openpty()
    words, said = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "scalepredict", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=shown,
        stderr=said,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
    )
    os.close(shown)
    os.close(said)
    texts = tuple(_read(end) for end in (out, words))
    assert process.wait(timeout=60) == 0, texts[1]
    return texts[0], texts[1]


def _read(end: int) -> str:
    parts = []
    try:
        while part := os.read(end, 65536):
            parts.append(part)
    except OSError:  # the other side is closed
        pass
    os.close(end)
    return b"".join(parts).decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("terminal")
    (made / "records.csv").write_text(RECORDS)
    return made


def test_a_wide_terminal_shows_the_evidence_and_says_how_long_it_takes(folder: Path) -> None:
    out, words = on_terminal(folder, "fit", "records.csv", columns=150)
    assert "evidence" in out
    assert "▂▄▅▇█" in out
    assert "fitting stack" in words
    assert "0:00:0" in words
    out, _ = on_terminal(folder, "forecast", "--params", "12B", columns=150)
    assert "▂▄▅▇█" in out
    assert "◆" in out
    narrow, _ = on_terminal(folder, "forecast", "--params", "12B", columns=80)
    assert not set("▁◆━") & set(narrow)
    assert "arc" in narrow


def test_plain_text_has_no_drawings() -> None:
    rows = (("arc", "30.0"),)
    sheet = Sheet(header=("benchmark", "last"), align="lr", rows=rows)
    sketch = Sketch(header="evidence", cells=("▁█",), after="benchmark")
    drawn = Sheet(header=sheet.header, align="lr", rows=rows, sketches=(sketch,))
    assert plain(drawn) == plain(sheet)


@pytest.mark.parametrize(
    ("scores", "line"),
    [
        ((0.25, 0.34, 0.45), "▁▄█"),
        ((0.25, float("nan"), 0.85), "▁ █"),
        ((0.26, 0.25, 0.27), "▁▁▂"),  # two points of noise do not fill the line
        ((float("nan"),), ""),
        ((), ""),
    ],
)
def test_a_sparkline_starts_at_chance_and_exaggerates_no_noise(
    scores: tuple[float, ...], line: str
) -> None:
    assert sparkline(scores, chance=0.25) == line


def test_many_scores_keep_the_first_and_the_last() -> None:
    line = sparkline([0.9, *[0.5] * 98, 0.1], chance=0.1)
    assert len(line) == 16
    assert (line[0], line[-1]) == ("█", "▁")


def test_an_interval_bar_is_on_the_axis_of_its_table() -> None:
    low, high = axis_of([0.234, 0.871])
    assert (low, high) == (0.2, 0.9)
    bar = interval_bar(0.6, (0.5, 0.7), (0.58, 0.62), last=0.45, low=low, high=high)
    assert bar.index("○") < bar.index("─") < bar.index("━") < bar.index("◆")
    assert bar.index("◆") == round((BAR - 1) * 0.4 / 0.7)
    assert len(bar) <= BAR
    assert interval_bar(float("nan"), (0, 1), (0, 1), last=0.4, low=low, high=high) == ""


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_tells_by_sign_and_colour_what_can_be_predicted(
    tmp_path: Path, columns: int
) -> None:
    rows = [*RECORDS.splitlines(), *RECORDS.replace("arc", "hum").splitlines()[1:]]
    still = [row.rsplit(",", 1)[0] + ",0.25" if ",hum," in row else row for row in rows]
    (tmp_path / "records.csv").write_text("\n".join(still) + "\n")
    for arguments in (["fit", "records.csv"], ["forecast", "--params", "12B"]):
        out, words = on_terminal(tmp_path, *arguments, columns=columns)
        assert "\x1b[32m✓ rising" in out
        assert "\x1b[31m✗ at chance" in out
        assert "✓ can be extrapolated   ✗ cannot be predicted" in out
        assert "next: scalepredict" in words
    step = words.split("next: scalepredict ")[1].split()
    assert step == ["report", "--params", "12B"]


def test_a_pipe_gets_neither_signs_nor_the_next_command(scalepredict: Run, tmp_path: Path) -> None:
    (tmp_path / "records.csv").write_text(RECORDS)
    done = scalepredict("fit", "records.csv")
    assert "rising" in done.stdout
    assert not set("✓✗\x1b") & set(done.stdout + done.stderr)
    assert "next:" not in done.stderr
