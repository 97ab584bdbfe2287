"""What stands in the tables of accuracy? The output of accuracy.py, read into rows.

python benchmarks/accuracy.py DATA_FOLDER > benchmarks/accuracy.txt

Those of all methods come from METHODS_COMMAND; on other groups some of them refuse every cell.
"""

import re
from pathlib import Path

OUTPUT = Path(__file__).resolve().parents[1] / "accuracy.txt"
OF_METHODS = OUTPUT.with_name("methods.txt")
METHODS_COMMAND = """python benchmarks/accuracy.py DATA_FOLDER --group open_lm --group gemstones \\
    --predictor nd_law --predictor sigmoid --predictor sigmoid_nd --predictor cod_curve \\
    --predictor bnsl --predictor mean --predictor reference --predictor two_step \\
    > benchmarks/methods.txt"""
GROUPS = {
    "pythia": "Pythia, 0 and 5 shots",
    "open_lm": "open_lm, over-trained",
    "gemstones": "Gemstones, width and depth",
    "families": "public families",
    "lm_eval": "Open LLM history",
    "opt_bloom": "OPT, BLOOM",
    "public_v2": "public families, harder benchmarks",
    "emergent": "BIG-bench, emergent",
    "opensci": "open-sci-ref",
    "opensci_spaced": "open-sci-ref, along runs",
    "euroeval": "EuroEval",
    "openclip": "OpenCLIP",
    "mteb": "MTEB",
}
METHODS = ("stack", "power_law", "trend", "last")
SINGLE = "rolling origins, benchmarks"
AVERAGES = "rolling origins, averages"
GAPPED = "gapped origins, benchmarks"
FEW = "few origins, benchmarks"
ALONE = "rolling origins without public models, benchmarks"
MAE = re.compile(r"([\d.]+)\([+-][\d.]+\)")


def blocks(output: Path) -> dict[str, list[str]]:
    """The lines below each title."""
    found: dict[str, list[str]] = {}
    for block in output.read_text(encoding="utf-8").split("\n\n"):
        title, *lines = block.strip("\n").splitlines()
        found[title] = lines
    return found


def errors() -> list[tuple[str, ...]]:
    """Of each group: name, and the mean over factors of the error of each method, in points."""
    rows = []
    for group, name in GROUPS.items():
        means = _means(group, OUTPUT)
        if means:
            rows.append((name, *(means.get(method, "-") for method in METHODS)))
    return rows


def of_method(method: str) -> str:
    """Its mean error in points on two groups, `2.1 / 1.6`; ``-`` if it was not measured there."""
    found = [_means(group, OF_METHODS).get(method) for group in ("open_lm", "gemstones")]
    return " / ".join(error for error in found if error) or "-"


def _means(group: str, output: Path) -> dict[str, str]:
    lines = blocks(output).get(f"{group}: MAE in points (bias), on common cells", [])
    return {line.split()[0]: _mean(line) for line in lines[1:]}


def coverage(of: str = SINGLE) -> list[tuple[str, ...]]:
    """Of each group: name, shares inside 50, 80 and 90 % intervals, width of the last in points.

    Args:
        of: How the title of the table in the output starts.
    """
    rows = []
    for line in (
        line for title, own in blocks(OUTPUT).items() if title.startswith(of) for line in own
    ):
        found = re.match(r"\s*(\w+)\s+(\d+)/(\d+)/(\d+)\s+([\d.]+)", line)
        if found and found[1] in GROUPS:
            rows.append((GROUPS[found[1]], *found.groups()[1:]))
    return rows


def _mean(line: str) -> str:
    values = [float(value) for value in MAE.findall(line)]
    return f"{sum(values) / len(values):.1f}" if values else "-"
