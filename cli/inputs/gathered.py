"""Which checkpoints does a command work on? Its options, and the evidence that they choose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from scalepredict.cli.inputs.options import Measurement, count
from scalepredict.cli.inputs.parameters import RECORDS
from scalepredict.cli.inputs.voice import Voice
from scalepredict.errors import RefusedError
from scalepredict.records.notes import noted
from scalepredict.records.text.counts import count_of, format_count

if TYPE_CHECKING:
    from scalepredict.records.choice import EvidenceChoice
    from scalepredict.records.reading.read import Reading
    from scalepredict.records.table import EvalTable

SPACED = "spaced"

FamilyOption = Annotated[
    tuple[str, ...],
    typer.Option("--family", help="Use only this family (repeatable).", rich_help_panel=RECORDS),
]
SameTokensOption = Annotated[
    float | None,
    typer.Option(
        "--tokens",
        parser=count,
        metavar="D",
        help="Training tokens of all models whose tokens and FLOPs are not recorded, e.g. 1T.",
        rich_help_panel=RECORDS,
    ),
]
SpacedCheckpointsOption = Annotated[
    str,
    typer.Option(
        "--checkpoints",
        metavar="CHOICE",
        help="last, mean-last-K, pool-last-K (of questions), all, or spaced: "
        "the last of each run and earlier ones each at half the compute of the next.",
        rich_help_panel=RECORDS,
    ),
]
ExcludeOption = Annotated[
    tuple[str, ...],
    typer.Option(
        "--exclude",
        metavar="PATTERN",
        help="Leave out these families (repeatable).",
        rich_help_panel=RECORDS,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which of the records are evidence, whatever the families and checkpoints."""

    HEADING: ClassVar[str] = RECORDS

    phase: Annotated[
        tuple[str, ...],
        typer.Option("--phase", help="Keep only this phase of the schedule (repeatable)."),
    ] = ()
    measurement: Measurement
    up_to_params: Annotated[
        float | None,
        typer.Option("--up-to-params", parser=count, help="Leave out larger models, e.g. 2.8B."),
    ] = None
    up_to_flops: Annotated[
        float | None,
        typer.Option(
            "--up-to-flops", parser=count, metavar="C", help="Leave out more compute, e.g. 1e21."
        ),
    ] = None

    asymptote: Annotated[
        tuple[str, ...],
        typer.Option(
            "--asymptote",
            metavar="[NAME=]E|LO..HI",
            help="What losses fall to: a value, or its 5 and 95 % points; NAME=E of one benchmark "
            "(repeatable). [default: .6 of the least loss, within a factor 1.6]",
        ),
    ] = ()

    def choice(
        self,
        *,
        checkpoints: str,
        families: Sequence[str] = (),
        tokens: float | None = None,
        without_compute: bool = False,
    ) -> "EvidenceChoice":
        """The choice of evidence, with checkpoints and families as a command has them."""
        from scalepredict.records.choice import EvidenceChoice

        reading = self.measurement.reading
        return EvidenceChoice(
            families=tuple(families),
            checkpoints=checkpoints,
            phases=self.phase,
            metrics=self.measurement.metric,
            shots=self.measurement.shots,
            percent=reading.percent,
            answers=reading.answers,
            up_to_params=self.up_to_params,
            up_to_flops=self.up_to_flops,
            benchmarks=reading.benchmarks,
            ladder=reading.ladder,
            tokens=tokens,
            without_compute=without_compute,
            asymptotes=self.asymptote,
        )

    def as_options(self) -> dict[str, list[str]]:
        """The given options by name, for a command that can be run again; files by their names."""
        reading = self.measurement.reading
        sizes = {"--up-to-params": self.up_to_params, "--up-to-flops": self.up_to_flops}
        files = {"--benchmarks": reading.benchmarks, "--ladder": reading.ladder}
        shots = self.measurement.shots
        return {
            "--phase": list(self.phase),
            "--metric": list(self.measurement.metric),
            "--asymptote": list(self.asymptote),
            "--shots": [] if shots is None else [str(shots)],
            "--percent": [""] if reading.percent else [],
            "--answers": [""] if reading.answers else [],
            **{
                name: [] if size is None else [format_count(size, digits=12)]
                for name, size in sizes.items()
            },
            **{name: [] if file is None else [file.name] for name, file in files.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TestedEvidence:
    """The checkpoints to backtest on, and all that was read."""

    table: "EvalTable"
    reading: "Reading"


def tested_evidence(
    records: Sequence[Path],
    choice: "EvidenceChoice",
    *,
    exclude: Sequence[str],
    voice: Voice,
    among_others: bool,
) -> TestedEvidence:
    """Gather evidence; ``spaced`` checkpoints are the last of each run and earlier ones, each at
    half the compute of the next. Whatever is left out or assumed is said.
    """  # noqa: D205
    from scalepredict.cli.inputs.chosen import gather_evidence
    from scalepredict.evaluation.backtest.splits import spaced_checkpoints

    spaced = choice.checkpoints == SPACED
    chosen = replace(choice, checkpoints="all") if spaced else choice
    evidence = gather_evidence(records, chosen, among_others=among_others)
    voice.tell(evidence.notes)
    table = _without(evidence.table, exclude, voice)
    if spaced:
        table = spaced_checkpoints(table)
        text = (
            f"evidence: thinned to {count_of(len(table.checkpoints), 'checkpoint')}, each at half "
            "the compute of the next of its run."
        )
        voice.tell([noted("checkpoints-thinned", text)])
    return TestedEvidence(table=table, reading=evidence.reading)


def _without(table: "EvalTable", patterns: Sequence[str], voice: Voice) -> "EvalTable":
    import numpy as np

    out = [f for f in table.families if any(fnmatchcase(f, pattern) for pattern in patterns)]
    if not out:
        return table
    text = f"evidence: families left out as asked: {', '.join(out)}."
    voice.tell([noted("families-left-out", text)])
    return table.take_rows(np.array([c.family not in out for c in table.checkpoints], dtype=bool))


def check_patterns(patterns: Sequence[str], families: Sequence[str]) -> None:
    """Refuse a pattern that fits no family: it is misspelt."""
    for pattern in patterns:
        if not any(fnmatchcase(family, pattern) for family in families):
            raise RefusedError(
                f"--exclude {pattern!r} fits no family; there are {', '.join(families)}."
            )
