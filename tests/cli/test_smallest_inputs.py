"""The smallest input of each hole that campaigns found, and what the command line now says to it.

Holes that need more than a file have tests where their subject is; `docs/reliability.md` names
them.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from scalepredict.records.text import timed_search
from tests.conftest import Run

HEADER = "model,params,tokens,benchmark,score\n"
LADDER = "".join(f"m{i},{k}M,20B,arc,0.{3 + i}\n" for i, k in enumerate((100, 200, 400, 800)))
HISTORY = "_step,eval/downstream/arc_5shot_len_norm,batch_size_in_tokens\n{},0.27,524288\n"
OLMES = {
    "task_name": "arc:rc",
    "task_hash": "x",
    "model_config": {"model": "\ud800-1b", "revision": "step7272"},
    "task_config": {"task_core": "arc", "num_shots": 5, "primary_metric": "acc"},
    "num_instances": 1172,
    "metrics": {"acc": 0.305, "primary_score": 0.305},
}


def extra(column: str, value: str) -> str:
    """A sound ladder with a row whose one cell cannot be."""
    header, *rows = (HEADER + LADDER).splitlines()
    last = f"m4,1600M,20B,arc,0.7,{value}"
    return "\n".join([f"{header},{column}", *(f"{row}," for row in rows), last, ""])


# name of the file, its text, the command, what is said
REFUSED: dict[str, tuple[str, str, str, str]] = {
    "power without digits": (
        "r.csv",
        HEADER + "a,1e-,2B,piqa,.5\n",
        "validate r.csv",
        r"r\.csv, line 2: params: '1e-' is not a count; write it like 70B",
    ),
    "power of 5000 digits": (
        "r.csv",
        HEADER + f"a,1e{'9' * 5000},2B,piqa,.5\n",
        "validate r.csv",
        r"r\.csv, line 2: params: '.{3,120} is (not a count|beyond all counts)",
    ),
    "half a number": (
        "r.csv",
        HEADER + "a,1B,2B,piqa,½\n",
        "validate r.csv",
        r"line 2: score: '½' is not a number",
    ),
    "a cell of a megabyte": (
        "r.csv",
        HEADER + f"a,{'x' * 10**6},2B,piqa,.5\n",
        "validate r.csv",
        r"params: 'x{80}?\.\.\. \(1,000,002 characters\)|params: 'x{79}\.\.\. \(1,000,002 char",
    ),
    "a step before all time": (
        "190M-1xC.csv",
        HISTORY.format("-1e+308"),
        "import 190M-1xC.csv -o o.csv",
        r"190M-1xC\.csv, line 2: tokens -inf is not between 1000 and 1e\+18",
    ),
    **{
        f"n_items {value}": (
            "r.csv",
            extra("n_items", value),
            "fit r.csv",
            rf"r\.csv, line 6: n_items {re.escape(value)} ",
        )
        for value in ("0.5", "1.5", "1e-300", "1e+308")
    },
    **{
        f"task_loss {value}": (
            "r.csv",
            extra("task_loss", value),
            "fit r.csv",
            rf"r\.csv, line 6: task_loss {re.escape(value)} is not between 0 and 50",
        )
        for value in ("-1", "-1e+308", "1e+308")
    },
    **{
        f"{column} {value}": (
            "r.csv",
            HEADER + LADDER + row,
            "fit r.csv",
            rf"r\.csv, line 6: {column} {re.escape(value)} is not between 1000 and 1e\+1",
        )
        for column, value, row in (
            ("tokens", "1e+308", "m4,1B,1e308,arc,0.7\n"),
            ("tokens", "1e-300", "m4,1B,1e-300,arc,0.7\n"),
            ("tokens", "0.5", "m4,1B,0.5,arc,0.7\n"),
            ("params", "10", "m4,10,20B,arc,0.7\n"),
            ("params", "1e+20", "m4,1e20,20B,arc,0.7\n"),
        )
    },
}


@pytest.mark.parametrize("hole", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(
    command: Run, tmp_path: Path, hole: str
) -> None:
    name, text, words, said = REFUSED[hole]
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = command(*words.split())
    assert (done.returncode, done.stdout) == (2, "")
    error = done.stderr.splitlines()[-1]
    assert error.startswith("error: ")
    assert re.search(said, error)
    assert len(error) < 500
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_digits_of_other_scripts_are_digits(command: Run, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(HEADER + "a,３B,20B,piqa,٠.٥\n", encoding="utf-8")
    (found,) = json.loads(command("validate", "r.csv", "--json").stdout)["files"]
    assert "3B" in command("validate", "r.csv").stdout
    assert found["benchmarks"][0]["scores"] == [0.5, 0.5]


@pytest.mark.parametrize("name", ["o.csv", "o.parquet"])
def test_half_a_character_in_a_name_is_written_as_its_escape(
    command: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / "metrics-all.jsonl").write_text(json.dumps(OLMES) + "\n")
    done = command("import", "metrics-all.jsonl", "-o", name)
    assert done.returncode == 0, done.stderr
    assert "\\ud800-1b" in command("validate", name, "--json").stderr + done.stderr
    assert b"\\ud800-1b" in (tmp_path / name).read_bytes()


def test_a_checkpoint_of_step_0_has_not_seen_the_tokens_that_its_name_tells(
    command: Run, tmp_path: Path
) -> None:
    (tmp_path / "190M-1xC.csv").write_text(HISTORY.format("0"))
    assert command("import", "190M-1xC.csv", "-o", "o.csv").returncode == 0
    header, row = (tmp_path / "o.csv").read_text().splitlines()
    assert "tokens" not in header
    assert row.startswith("190M-1xC,190000000,0,")


def test_a_pattern_that_never_ends_is_stopped(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timed_search, "SECONDS", 0.05)
    (tmp_path / "c.csv").write_text(f'"Step","{"a" * 60}! - eval/arc/acc"\n10,0.3\n')
    (tmp_path / "l.yaml").write_text('models:\n  - {match: "re:(a+)+$", params: 1B, tokens: 2B}\n')
    done = command("import", "c.csv", "--ladder", "l.yaml", "-o", "o.csv")
    assert done.returncode == 2
    assert re.search(r"re:\(a\+\)\+\$: no end within .* write no repeat within", done.stderr)


def test_a_name_of_a_hundred_thousand_characters_is_cut_where_it_is_told(
    command: Run, tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_text(f"model,params,tokens,{'a' * 140_000}\nm,1B,2B,.5\n")
    done = command("fit", "r.csv")
    assert done.returncode == 2  # one model
    told = [line for line in done.stderr.splitlines() if "aaa" in line]
    assert len(told) >= 2
    assert all(len(line) < 600 for line in told)


@pytest.mark.parametrize(
    "words",
    ["check r.csv --fail-on {}", "forecast --params {}", "fit r.csv -p {}", "{}", "fit --{}"],
)
def test_a_long_word_of_the_command_line_is_cut(command: Run, tmp_path: Path, words: str) -> None:
    (tmp_path / "r.csv").write_text(HEADER + LADDER)
    done = command(*words.format("x" * 100_000).split())
    assert done.returncode == 2
    assert len(done.stderr) < 1000


@pytest.mark.parametrize("source", ["pipe", "/dev/stdin"])
def test_records_come_from_a_stream_that_has_no_way_back(
    scalepredict: Run, tmp_path: Path, source: str
) -> None:
    if source == "pipe":
        os.mkfifo(tmp_path / "pipe")
        Thread(target=(tmp_path / "pipe").write_text, args=[HEADER + LADDER]).start()
        done = scalepredict("validate", source)
    else:
        done = scalepredict("validate", source, stdin=HEADER + LADDER)
    assert done.returncode == 0, done.stderr
    assert "30.0-60.0" in done.stdout


def test_a_home_that_cannot_be_written_says_nothing_and_a_title_holds_no_tags(
    command: Run, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "r.csv").write_text(HEADER + LADDER)
    assert command("fit", "r.csv", "-p", "trend", "-q").returncode == 0
    nowhere = dict.fromkeys(("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR"), "")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "scalepredict", "report", "--params", "2B", "--tokens", "20B"],
        cwd=tmp_path,
        env={**os.environ, **nowhere, "HOME": "/proc/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "atplotlib" not in done.stderr
    (page,) = tmp_path.glob("*.html")
    title = re.search(r"<title>(.*?)</title>", page.read_text())
    assert title is not None
    assert title[1] == "Forecast of default by trend"


# Reads a file with no more memory than what is loaded already.
STARVED = """
import resource, sys
import scalepredict.cli.commands.validate, scalepredict.records.reading.read
import scalepredict.records.formats.json_lines
from scalepredict.cli.app import main
pages = int(open("/proc/self/statm").read().split()[0]) + 1000
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize(),) * 2)
sys.argv = ["scalepredict", "validate", "r.jsonl"]
main()
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_too_little_memory_is_one_sentence(tmp_path: Path) -> None:
    row = json.dumps({"model": "a" * 10**7, "params": 1e9, "benchmark": "x", "score": 0.5})
    (tmp_path / "r.jsonl").write_text(row + "\n")
    done = subprocess.run(
        [sys.executable, "-P", "-c", STARVED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: out of memory: ")
    assert done.stderr.count("\n") == 1


def test_the_page_names_tests_that_there_are() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = [
        word.removesuffix("...")
        for line in page.splitlines()
        if line.startswith("|")
        for word in re.findall(r"`([^`]+)`", line.split("|")[-2])
    ]
    here = re.findall(r"def (test_\w+)", Path(__file__).read_text(encoding="utf-8"))
    tests = [word for word in named if word.startswith("test_") and not word.endswith(".py")]
    assert len(tests) > 5
    assert all(any(each.startswith(test) for each in here) for test in tests)
    files = [word for word in named if word.endswith(".py") and not word.startswith("benchmarks/")]
    assert len(files) > 15
    assert [file for file in files if not (root / "tests" / file).exists()] == []
