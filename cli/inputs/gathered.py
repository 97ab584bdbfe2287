"""Which checkpoints do the commands that test forecasts work on? Gathered, thinned and told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import Voice, count
from scalepredict.errors import RefusedError
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    from scalepredict.cli.inputs.chosen import EvidenceChoice
    from scalepredict.records.reading.read import Reading
    from scalepredict.records.table import EvalTable

SPACED = "spaced"

FamilyOption = Annotated[
    list[str] | None, typer.Option("--family", help="Use only this family (repeatable).")
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="PATTERN", help="Leave out these families (repeatable)."),
]
PhaseOption = Annotated[
    list[str] | None,
    typer.Option(help="Keep only this phase of the schedule (repeatable)."),
]
MetricOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Metric to take where a benchmark has several (repeatable)."),
]
ShotsOption = Annotated[
    int | None,
    typer.Option(min=0, metavar="K", help="Shots to take where a benchmark has several."),
]
UpToParamsOption = Annotated[
    float | None,
    typer.Option(
        "--up-to-params", parser=count, metavar="N", help="Leave out larger models, e.g. 2.8B."
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TestedEvidence:
    """The checkpoints to backtest on, and all that was read."""

    table: "EvalTable"
    reading: "Reading"


def tested_evidence(
    records: Sequence[Path], choice: "EvidenceChoice", *, exclude: Sequence[str], voice: Voice
) -> TestedEvidence:
    """Gather evidence; ``spaced`` checkpoints are the last of each run and earlier ones, each at
    half the compute of the next. Whatever is left out or assumed is said.
    """  # noqa: D205
    from scalepredict.cli.inputs.chosen import gather_evidence
    from scalepredict.evaluation.backtest.splits import spaced_checkpoints

    spaced = choice.checkpoints == SPACED
    evidence = gather_evidence(records, replace(choice, checkpoints="all") if spaced else choice)
    voice.say(*evidence.notes)
    table = _without(evidence.table, exclude, voice)
    if spaced:
        table = spaced_checkpoints(table)
        voice.say(
            f"evidence: thinned to {count_of(len(table.checkpoints), 'checkpoint')}, each at half "
            "the compute of the next of its run."
        )
    return TestedEvidence(table=table, reading=evidence.reading)


def _without(table: "EvalTable", patterns: Sequence[str], voice: Voice) -> "EvalTable":
    import numpy as np

    out = [f for f in table.families if any(fnmatchcase(f, pattern) for pattern in patterns)]
    if not out:
        return table
    voice.say(f"evidence: families left out as asked: {', '.join(out)}.")
    return table.take_rows(np.array([c.family not in out for c in table.checkpoints], dtype=bool))


def check_patterns(patterns: Sequence[str], families: Sequence[str]) -> None:
    """Refuse a pattern that fits no family: it is misspelt."""
    for pattern in patterns:
        if not any(fnmatchcase(family, pattern) for family in families):
            raise RefusedError(
                f"--exclude {pattern!r} fits no family; there are {', '.join(families)}."
            )
