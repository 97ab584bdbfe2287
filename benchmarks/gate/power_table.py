"""How often does the gate cry wolf, and what does it catch? The output of check_power.py, in words.

python benchmarks/check_power.py DATA_FOLDER > benchmarks/gate/check_power.txt
"""

import re
from pathlib import Path

OUTPUT = Path(__file__).with_name("check_power.txt")
REAL = ("Pythia", "Gemstones", "open-sci-ref")
FAULTS = {
    "all benchmarks down 1 point": "all down 1 points",
    "all down 1.5 points": "all down 1.5 points",
    "all down 2 points": "all down 2 points",
    "all down 3 points": "all down 3 points",
    "one benchmark down 5 points": "one benchmark down 5 points",
    "one benchmark down 8 points": "one benchmark down 8 points",
    "one benchmark down 10 points": "one benchmark down 10 points",
}


def errors() -> dict[str, tuple[int, int]]:
    """Healthy checkpoints that were flagged, of how many; by file or kind of run."""
    found = re.findall(r"^  (\S.*?) +errors +(\d+) of +(\d+)", _text(), re.MULTILINE)
    return {name: (int(hits), int(n)) for name, hits, n in found}


def caught(group: str) -> dict[str, int]:
    """Percent of the faults of real runs that were errors."""
    block = _text().partition(f"== {group}: % of faults")[2].partition("\n\n")[0]
    return {name: int(share) for name, share in re.findall(r"^  (\S.*?) {2,}(\d+)", block, re.M)}


def caught_alone(kind: str) -> dict[str, int]:
    """The same of simulated lone runs."""
    block = _text().partition("== lone run")[2].partition("\n\n")[0].splitlines()
    names = re.findall(r"(all|one) -([\d.]+)", block[1])
    (row,) = (line[len(kind) :].split() for line in block[2:] if line.startswith(f"{kind}  "))
    words = {"all": "all down {} points", "one": "one benchmark down {} points"}
    return {
        words[of].format(points): int(share) for (of, points), share in zip(names, row, strict=True)
    }


def sentence() -> str:
    """For the README."""
    alone, real, found = caught_alone("phi 1"), caught("Pythia"), errors()
    hits, n = (sum(found[name][i] for name in REAL) for i in (0, 1))
    return (
        f"Every run is judged alone. {hits} of {n:,} healthy checkpoints of public runs are "
        f"flagged; a drop by 1.5, 2 and 3 points on all benchmarks is found in "
        f"{_three(real)} % of Pythia's checkpoints, and in {_three(alone)} % of lone runs of six "
        f"benchmarks at binomial noise (1,500 questions each)."
    )


def table() -> str:
    """For the page on the gate: percent of the faults that are errors."""
    alone = caught_alone("phi 1")
    columns = [*(caught(group) for group in REAL), alone]
    names = [*REAL, "lone run, binomial noise"]
    lines = [("fault", *names), tuple("---" for _ in range(len(names) + 1))]
    for name, key in FAULTS.items():
        lines.append((name, *(str(column.get(key, "-")) for column in columns)))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _three(found: dict[str, int]) -> str:
    first, second, third = (found[f"all down {points} points"] for points in ("1.5", "2", "3"))
    return f"{first}, {second} and {third}"


def _text() -> str:
    return OUTPUT.read_text(encoding="utf-8")
