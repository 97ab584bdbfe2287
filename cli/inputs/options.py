"""What do all commands accept? The options that mean the same everywhere, in groups."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from scalepredict.cli.inputs.engine import Backend, engine
from scalepredict.cli.inputs.parameters import METHOD, OUTPUT, RECORDS
from scalepredict.cli.inputs.voice import Voice
from scalepredict.cli.views.render import Format
from scalepredict.errors import CountError, RefusedError
from scalepredict.records.notes import check_codes
from scalepredict.records.text.counts import parse_count

if TYPE_CHECKING:
    from scalepredict.evaluation.intervals.levels import Levels


def count(text: str) -> float:
    """Read a count given as an option: 70B, 1.5T, 6e24."""
    try:
        return parse_count(text)
    except CountError as error:
        raise typer.BadParameter(str(error)) from error


RecordsArgument = Annotated[
    tuple[Path, ...],
    typer.Argument(metavar="RECORDS...", help="Files or folders of records; - reads stdin."),
]
CheckpointsOption = Annotated[
    str,
    typer.Option(
        "--checkpoints",
        metavar="CHOICE",
        help="Evidence of each model: last, mean-last-K, pool-last-K (adds up the answers to each "
        "question), or all.",
        rich_help_panel=RECORDS,
    ),
]
CalibrationOption = Annotated[
    Path | None,
    typer.Option(
        "--calibration", help="Interval constants of your own (YAML).", rich_help_panel=METHOD
    ),
]
SeedOption = Annotated[
    int,
    typer.Option("--seed", min=0, help="Seed of every random draw.", rich_help_panel=METHOD),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How files of records are read."""

    HEADING: ClassVar[str] = RECORDS

    benchmarks: Annotated[
        Path | None,
        typer.Option("--benchmarks", help="Chance, items and suites of your benchmarks (YAML)."),
    ] = None
    ladder: Annotated[
        Path | None,
        typer.Option("--ladder", help="Sizes of the models in harness results (YAML)."),
    ] = None
    percent: Annotated[
        bool, typer.Option("--percent", help="All scores of these records are in percent.")
    ] = False
    answers: Annotated[
        bool,
        typer.Option(
            "--answers",
            help="Each row is a graded answer: add up those of one model and question.",
        ),
    ] = False

    def check_used(self, *records: Sequence[Path]) -> None:
        """Refuse what says how records are read where none are.

        Raises:
            RefusedError: An option is given, and no records.
        """
        given = [f"--{field.name}" for field in fields(self) if getattr(self, field.name)]
        if given and not any(records):
            raise RefusedError(
                f"{', '.join(given)}: how records are read, and none are given; add --measured "
                "RECORDS, or leave it out."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Which of several measurements of a benchmark is taken, and how files are read."""

    HEADING: ClassVar[str] = RECORDS

    metric: Annotated[
        tuple[str, ...],
        typer.Option("--metric", help="Metric to take where a benchmark has several (repeatable)."),
    ] = ()
    shots: Annotated[
        int | None,
        typer.Option("--shots", min=0, help="Shots to take where a benchmark has several."),
    ] = None
    reading: Reading


def _level(default: str) -> Any:
    words = f"Level of an interval, e.g. 0.95 (repeatable). [default: {default}]"
    return typer.Option("--level", metavar="P", help=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalOptions:
    """Which intervals are shown."""

    HEADING: ClassVar[str] = OUTPUT

    level: Annotated[tuple[float, ...], _level("0.5, 0.8, 0.9")] = ()

    def levels(self) -> "Levels":
        """The levels asked for, or the default ones."""
        from scalepredict.evaluation.intervals.levels import Levels

        return Levels.of(self.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOptions:
    """Which intervals are shown, where a table has room for one of each estimate."""

    HEADING: ClassVar[str] = OUTPUT

    level: Annotated[tuple[float, ...], _level("0.9")] = ()

    def levels(self) -> "Levels":
        """The levels asked for, or 90 %."""
        from scalepredict.evaluation.intervals.levels import CLAIMED, Levels

        return Levels.of(self.level) if self.level else CLAIMED


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """How the work is shared out."""

    HEADING: ClassVar[str] = METHOD

    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", min=1, help="Processes; results do not depend on it."),
    ] = 1
    backend: Annotated[
        Backend, typer.Option("--backend", help="Whose processes: this machine's, Dask's, Ray's.")
    ] = Backend.LOKY
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Of a running Dask or Ray cluster."),
    ] = None

    def engine(self) -> AbstractContextManager[int]:
        """Make the engine the active one; gives the number of jobs to ask for."""
        return engine(self.jobs, self.backend, self.scheduler)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbosity:
    """How much is said on stderr."""

    HEADING: ClassVar[str] = OUTPUT

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors on stderr.")] = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="Say more; -vv shows tracebacks.",
        ),
    ] = 0

    ignore: Annotated[
        tuple[str, ...],
        typer.Option(
            "--ignore",
            metavar="CODE",
            help="Leave out notes of this code (repeatable); -v shows the codes.",
        ),
    ] = ()

    @property
    def voice(self) -> Voice:
        """Says what was asked to be said."""
        check_codes(self.ignore)
        return Voice(self.quiet, ignored=self.ignore, each=self.verbose > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What is written to stdout, and said on stderr."""

    HEADING: ClassVar[str] = OUTPUT

    form: Annotated[
        Format | None,
        typer.Option("--format", help="What is written to stdout. [default: table]"),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False
    verbosity: Verbosity

    @property
    def shape(self) -> Format:
        """The one format that ``--format`` and ``--json`` ask for together."""
        if self.as_json and self.form not in (None, Format.TABLE, Format.JSON):
            raise typer.BadParameter(f"--json contradicts --format {self.form}; give one of them.")
        return Format.JSON if self.as_json else self.form or Format.TABLE

    @property
    def voice(self) -> Voice:
        """Says what was asked to be said."""
        return self.verbosity.voice

    @property
    def verbose(self) -> bool:
        """Whether more was asked for."""
        return self.verbosity.verbose > 0


def command_text(words: Sequence[str], options: Mapping[str, Iterable[object]]) -> str:
    """The command that makes a result again, quoted for a shell: for its provenance.

    Args:
        words: Program, command and arguments.
        options: Values of each option that was given; an option without a value has ``""``.
    """
    given = (
        word
        for name, values in options.items()
        for value in values
        for word in (name, str(value))
        if word
    )
    return shlex.join([*words, *given])
