"""What do all commands accept? The options that mean the same everywhere, and words on stderr."""

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.views.render import Format, clean
from scalepredict.errors import CountError
from scalepredict.predictors import registry
from scalepredict.records.text.counts import parse_count

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn


def count(text: str) -> float:
    """Read a count given as an option: 70B, 1.5T, 6e24."""
    try:
        return parse_count(text)
    except CountError as error:
        raise typer.BadParameter(str(error)) from error


RecordsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="RECORDS...", help="Files or folders of records; - reads stdin."),
]
PredictorOption = Annotated[
    str,
    typer.Option(
        "--predictor",
        "-p",
        metavar="NAME",
        help=f"Method: {', '.join(registry.names())}.",
        autocompletion=lambda: list(registry.names()),
    ),
]
BenchmarksOption = Annotated[
    Path | None,
    typer.Option(
        "--benchmarks", metavar="FILE", help="Chance, items and suites of your benchmarks (YAML)."
    ),
]
CalibrationOption = Annotated[
    Path | None,
    typer.Option("--calibration", metavar="FILE", help="Interval constants of your own (YAML)."),
]
LadderOption = Annotated[
    Path | None,
    typer.Option("--ladder", metavar="FILE", help="Sizes of the models in harness results (YAML)."),
]
PercentOption = Annotated[
    bool, typer.Option("--percent", help="All scores of these records are in percent.")
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="What is written to stdout.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, help="Seed of every random draw.", show_default=True)
]
JobsOption = Annotated[
    int, typer.Option("--jobs", "-j", min=1, help="Processes; results do not depend on it.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors on stderr.")]
VerboseOption = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="Say more; -vv shows tracebacks.")
]


def chosen_format(form: Format, as_json: bool) -> Format:
    """The one format that ``--format`` and ``--json`` ask for together."""
    if as_json and form not in (Format.TABLE, Format.JSON):
        raise typer.BadParameter(f"--json contradicts --format {form}; give one of them.")
    return Format.JSON if as_json else form


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


@dataclass(frozen=True, slots=True)
class Voice:
    """Words for people, on stderr; none but errors if quiet."""

    quiet: bool = False

    def say(self, *sentences: str) -> None:
        """Tell what was read, assumed or left out."""
        if not self.quiet:
            for sentence in sentences:
                typer.echo(clean(sentence), err=True)

    def warn(self, sentences: Iterable[str]) -> None:
        """Tell what makes the result less certain than it looks."""
        self.say(*(f"warning: {sentence}" for sentence in sentences))

    @contextmanager
    def busy(self, doing: str) -> Iterator[None]:
        """Show that long work goes on, on a terminal only."""
        if self.quiet or not sys.stderr.isatty():
            yield
            return
        from rich.progress import SpinnerColumn

        with _progress(SpinnerColumn()) as progress:
            progress.add_task(clean(doing), total=None)
            yield

    @contextmanager
    def counting(self, doing: str) -> Iterator[Callable[[int, int], None] | None]:
        """Show how many of how many are done, on a terminal only; yields what to call."""
        if self.quiet or not sys.stderr.isatty():
            yield None
            return
        from rich.progress import BarColumn, MofNCompleteColumn

        with _progress(BarColumn(), MofNCompleteColumn()) as progress:
            task = progress.add_task(clean(doing), total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)


def _progress(*columns: "ProgressColumn") -> "Progress":
    # What is being done, for how long already; it leaves no trace when it is done.
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    words = TextColumn("{task.description}", markup=False)
    console = Console(stderr=True)
    return Progress(words, *columns, TimeElapsedColumn(), console=console, transient=True)
