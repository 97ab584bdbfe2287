"""Where do the shipped records come from? Made from a folder of the full records.

    python benchmarks/project/make_sample_data.py DATA_FOLDER

DATA_FOLDER holds pythia_0shot.csv.gz, pythia_5shot.csv.gz and items_arithmetic.parquet in long
form (sample_data/SOURCES.md).
Prints the SHA-256 of every file it writes, for SOURCES.md.
"""

import gzip
import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable
from scalepredict.records.text.counts import format_count

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
COLUMNS = "family,model,params,tokens,step,benchmark,task,metric,shots,score,stderr,n_items,chance"
ITEM_STEPS = 91_000  # the last three checkpoints of each model
YAML_MODELS = ("pythia-70m", "pythia-160m", "pythia-410m", "pythia-1b", "pythia-1.4b")
YAML_BENCHMARKS = ("arc_easy", "lambada_openai", "piqa", "sciq")
YAML_TASKS = {"college_biology": 144, "high_school_biology": 310}  # two subjects of MMLU


def main(folder: Path) -> None:
    zero = read_records([folder / "pythia_0shot.csv.gz"]).table
    five = read_records([folder / "pythia_5shot.csv.gz"]).table
    ladder = select_evidence(zero.of_family("pythia-pile")).table
    write("pythia_ladder.csv", csv_lines(ladder, shots=0))
    write("pythia_checkpoints.csv.gz", csv_lines(to_benchmarks(zero), shots=0))
    write("pythia_checkpoints_5shot.csv.gz", csv_lines(to_benchmarks(five), shots=5))
    write("ladder.yaml", yaml_lines(ladder))
    items = read_records([folder / "items_arithmetic.parquet"]).table
    late = np.array([(c.step or 0) >= ITEM_STEPS for c in items.checkpoints])
    write("arithmetic_items.csv.gz", item_lines(items.take_rows(late)))


def csv_lines(table: EvalTable, shots: int) -> Iterable[str]:
    yield COLUMNS
    for i, c in enumerate(table.checkpoints):
        for j, unit in enumerate(table.units):
            numbers = (table.scores, table.stderr, table.n_items)
            score, stderr, n_items = (f"{round(float(a[i, j]), 6):.10g}" for a in numbers)
            place = f"{c.family},{c.model},{c.params:.0f},{c.tokens:.0f},{c.step:.0f}"
            name = f"{unit.benchmark},{unit.task},{unit.metric},{shots}"
            yield f"{place},{name},{score},{stderr},{n_items},{unit.chance:g}"


def item_lines(table: EvalTable) -> Iterable[str]:
    yield "family,model,params,tokens,step,benchmark,task,successes,trials"
    for i, c in enumerate(table.checkpoints):
        for j, unit in enumerate(table.units):
            trials = table.n_items[i, j]
            place = f"{c.family},{c.model},{c.params:.0f},{c.tokens:.0f},{c.step:.0f}"
            passed = f"{table.scores[i, j] * trials:.0f},{trials:.0f}"
            yield f"{place},{unit.benchmark},{unit.task},{passed}"


def yaml_lines(table: EvalTable) -> Iterable[str]:
    column = {(unit.benchmark, unit.task): j for j, unit in enumerate(table.units)}
    yield "# A small ladder: final checkpoints of Pythia, zero-shot (origin: SOURCES.md)."
    yield "benchmarks:"
    for name in YAML_BENCHMARKS:
        j = column[name, ""]
        chance, items = table.units[j].chance, np.nanmax(table.n_items[:, j])
        yield f"  {name}: {{chance: {chance:g}, n_items: {items:.0f}}}"
    yield f"  mmlu_biology: {{chance: 0.25, tasks: {YAML_TASKS}}}".replace("'", "")
    yield "records:"
    for i, c in enumerate(table.checkpoints):
        if c.model not in YAML_MODELS:
            continue
        yield f"  - model: {c.model}"
        yield f"    family: {c.family}"
        yield f"    params: {format_count(c.params or 0, digits=6)}"
        yield f"    tokens: {format_count(c.tokens or 0, digits=6)}"
        yield "    scores:"
        for name in YAML_BENCHMARKS:
            j = column[name, ""]
            score, stderr = table.scores[i, j], table.stderr[i, j]
            yield f"      {name}: {{score: {score:.4f}, stderr: {stderr:.4f}}}"
        tasks = ", ".join(f"{t}: {table.scores[i, column['mmlu', t]]:.4f}" for t in YAML_TASKS)
        yield f"      mmlu_biology: {{{tasks}}}"


def write(name: str, lines: Iterable[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()
    if name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)  # the same bytes whenever it is run
    (SAMPLES / name).write_bytes(content)
    print(f"{hashlib.sha256(content).hexdigest()}  {name}  ({len(content):,} bytes)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
