"""How are words told? One sentence a line on stderr, and progress where a terminal shows it."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from scalepredict.cli.views.render import clean, spoken
from scalepredict.records.notes import Note, without

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn


@dataclass(frozen=True, slots=True)
class Voice:
    """Words for people, on stderr; none but errors if quiet.

    Attributes:
        quiet: Whether nothing is said.
        ignored: Codes of notes that are not told.
        each: Whether each note is told by itself, with its code.
    """

    quiet: bool = False
    ignored: tuple[str, ...] = ()
    each: bool = False

    def say(self, *sentences: str) -> None:
        """Tell what is done."""
        if not self.quiet:
            for sentence in sentences:
                typer.echo(clean(sentence), err=True)

    def tell(self, notes: Iterable[Note], *, about: str = "") -> None:
        """Tell what was read, assumed or left out, and what makes a result less certain.

        Args:
            notes: The notes, told once each.
            about: What stands before each.
        """
        lines = spoken(without(notes, self.ignored), each=self.each)
        self.say(*(f"{about}{line}" for line in lines))

    def suggest(self, command: str) -> None:
        """Show the command to type next, on a terminal only; empty = there is none."""
        if command and sys.stdout.isatty() and sys.stderr.isatty():
            self.say(f"next: {command}")

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
        from rich.progress import BarColumn, MofNCompleteColumn, Task
        from rich.text import Text

        class Count(MofNCompleteColumn):
            """How many of how many, once that is known."""

            def render(self, task: Task) -> Text:
                return Text() if task.total is None else super().render(task)

        with _progress(BarColumn(), Count()) as progress:
            task = progress.add_task(clean(doing), total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)


def _progress(*columns: "ProgressColumn") -> "Progress":
    # What is being done, for how long already; it leaves no trace when it is done.
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    words = TextColumn("{task.description}", markup=False)
    console = Console(stderr=True)
    return Progress(words, *columns, TimeElapsedColumn(), console=console, transient=True)
