"""What do all kinds of pictures share? What of it is drawn, and the files that are written."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from scalepredict.cli.inputs.options import Verbosity
from scalepredict.cli.inputs.parameters import OUTPUT
from scalepredict.errors import RefusedError
from scalepredict.records.text.counts import listed

EACH = "{benchmark}"

Draw = Callable[[], Any]  # makes the figure, once matplotlib is set up
Pictures = Iterator[tuple[str, Draw]]  # name for `{benchmark}`, empty for all in one


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOptions:
    """Where pictures go."""

    HEADING: ClassVar[str] = OUTPUT

    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help=f"Picture to write: .png, .svg or .pdf. With {EACH} in the name, one for each.",
        ),
    ] = "scalepredict.png"
    verbosity: Verbosity

    @property
    def each(self) -> bool:
        """Whether each benchmark has a picture of its own."""
        return EACH in self.output

    def check(self) -> None:
        """Refuse a place that cannot be written, and a lack of matplotlib: before the work."""
        from scalepredict.cli.figures.style import need_matplotlib, suffix_of
        from scalepredict.records.text.writing import check_place

        suffix_of(Path(self.output))
        if not self.each:
            check_place(self.output)
        need_matplotlib()

    def write(self, kind: str, pictures: Pictures) -> None:
        """Draw all pictures and tell their names."""
        voice = self.verbosity.voice
        with voice.busy(f"drawing {kind}"):
            for path in _write(pictures, self.output):
                voice.say(f"wrote {path}")


def columns_of(names: Sequence[str], only: Sequence[str]) -> list[int]:
    """Which of the named benchmarks are drawn; without ``only`` all."""
    from scalepredict.records.subset import known_names

    known_names("benchmark", only, names)
    return [i for i, name in enumerate(names) if not only or name in only]


def the_one(what: str, option: str, names: Sequence[str]) -> str:
    """The only name; several are refused with the option that chooses among them."""
    if len(names) > 1:
        raise RefusedError(
            f"one picture shows one {what}; choose with {option}: {listed(names, most=10)}."
        )
    if not names:
        raise RefusedError(f"the records hold no {what} to draw.")
    return names[0]


def _write(figures: Pictures, output: str) -> Iterator[Path]:
    from scalepredict.cli.figures.style import figure_bytes, house_style, suffix_of
    from scalepredict.records.text.writing import write_whole

    taken: set[str] = set()
    for name, draw in figures:
        path = Path(output.replace(EACH, _file_name(name, taken)))
        with house_style():
            write_whole(path, figure_bytes(draw(), suffix_of(path)))
        yield path


def _file_name(name: str, taken: set[str]) -> str:
    # A name from a file must not lead anywhere else, nor two names to one file.
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[:80] or "benchmark"
    unique = safe
    number = 2
    while unique.casefold() in taken:
        unique, number = f"{safe}-{number}", number + 1
    taken.add(unique.casefold())
    return unique
