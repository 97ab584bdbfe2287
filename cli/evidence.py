"""Which checkpoints do the commands that test forecasts work on? Records read, chosen and told."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.options import Voice
from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    from scalepredict.records.table import EvalTable

SPACED = "spaced"

PhaseOption = Annotated[
    list[str] | None,
    typer.Option("--phase", metavar="NAME", help="Only checkpoints of this phase. Repeatable."),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="PATTERN", help="Leave out these families. Repeatable."),
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """The chosen checkpoints, and all that were read (of the families that were not excluded)."""

    chosen: "EvalTable"
    read: "EvalTable"


def read_evidence(
    paths: Sequence[Path],
    *,
    benchmarks: Path | None,
    checkpoints: str,
    phases: Sequence[str],
    exclude: Sequence[str],
    voice: Voice,
) -> Evidence:
    """Read records and choose checkpoints; whatever is left out or assumed is said.

    Args:
        paths: Files and folders.
        benchmarks: Metadata of the user.
        checkpoints: ``last``, ``mean-last-K``, ``all``, or ``spaced``: of each run the last, and
            earlier ones each at half the compute of the next.
        phases: Keep only these; empty = any.
        exclude: Patterns of families to leave out.
        voice: Tells it.
    """
    from scalepredict.evaluation.splits import spaced_checkpoints
    from scalepredict.records.configs import load_yaml
    from scalepredict.records.evidence import ALL, CheckpointChoice, select_evidence
    from scalepredict.records.metadata import metadata_from
    from scalepredict.records.read import read_records

    metadata = None if benchmarks is None else metadata_from(load_yaml(benchmarks))
    reading = read_records(paths, metadata=metadata)
    voice.say(*reading.report.notes())
    table = _without(reading.table, exclude, voice)
    selection = select_evidence(
        table,
        choice=ALL if checkpoints == SPACED else CheckpointChoice.parse(checkpoints),
        phases=frozenset(phases) or None,
    )
    voice.say(*selection.notes)
    chosen = selection.table
    if checkpoints == SPACED:
        chosen = spaced_checkpoints(chosen)
        voice.say(
            f"evidence: thinned to {len(chosen.checkpoints)} checkpoints, each at half the "
            "compute of the next of its run."
        )
    return Evidence(chosen=chosen, read=table)


def _without(table: "EvalTable", patterns: Sequence[str], voice: Voice) -> "EvalTable":
    import numpy as np

    for pattern in patterns:
        if not any(fnmatchcase(family, pattern) for family in table.families):
            raise RefusedError(
                f"--exclude {pattern!r} fits no family; there are {', '.join(table.families)}."
            )
    out = [f for f in table.families if any(fnmatchcase(f, pattern) for pattern in patterns)]
    if not out:
        return table
    voice.say(f"evidence: families left out as asked: {', '.join(out)}.")
    return table.take_rows(np.array([c.family not in out for c in table.checkpoints], dtype=bool))
