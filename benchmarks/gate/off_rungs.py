"""How many rungs of public ladders are named as off, and is one that was moved found?

    python benchmarks/gate/off_rungs.py DATA_FOLDER

Every family of the record files of the folder (*.csv.gz) that has enough models is judged as it is.
Then each rung of each ladder is moved by 5 points down and up on all benchmarks, one at a time:
found is the rung that is then named, if it is the one that was moved.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scalepredict.errors import ScalePredictError
from scalepredict.evaluation.off_trend.ladders.off_rung import ALPHA, rung_deviations
from scalepredict.records.aggregate import to_benchmarks
from scalepredict.records.evidence import select_evidence
from scalepredict.records.reading.read import read_records
from scalepredict.records.table import EvalTable

MOVES = (-0.05, 0.05)
TOKENS = 1e12  # of models whose tokens are not known


def main(folder: Path) -> None:
    total = np.zeros(4, dtype=int)
    for path in sorted(folder.glob("*.csv.gz")):
        for family, evidence in ladders(path):
            named = off(evidence)
            cases = [(row, by) for row in range(len(evidence.checkpoints)) for by in MOVES]
            found = sum(off(moved(evidence, row, by)) == row for row, by in cases)
            total += (len(evidence.checkpoints), named is not None, found, len(cases))
            name = "" if named is None else f", named: {evidence.checkpoints[named].model}"
            print(
                f"{path.name} {family}: {len(evidence.checkpoints)} rungs, "
                f"{found} of {len(cases)} moved ones found{name}"
            )
    rungs, named_rungs, found, tried = total
    print(f"{named_rungs} of {rungs} rungs named; {found} of {tried} moved ones found")


def ladders(path: Path) -> Iterator[tuple[str, EvalTable]]:
    """The families of a file that can be judged, each with its evidence."""
    try:
        table = to_benchmarks(read_records([path], tokens=TOKENS).table)
    except ScalePredictError as error:
        print(f"{path.name} is left out: {str(error)[:100]}")
        return
    table = select_evidence(table).table
    for family in table.families:
        evidence = table.of_family(family)
        evidence = evidence.take_rows(np.isfinite(evidence.flops))
        if rung_deviations(evidence) is not None:
            yield family, evidence


def off(evidence: EvalTable) -> int | None:
    """The row that is named, if any."""
    deviations = rung_deviations(evidence)
    if deviations is None or deviations.p_value.min() >= ALPHA:
        return None
    return int(np.argmin(deviations.p_value))


def moved(evidence: EvalTable, row: int, by: float) -> EvalTable:
    """The same ladder with one model moved on all benchmarks."""
    scores = evidence.scores.copy()
    scores[row] += by
    return evidence.with_scores(scores)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
