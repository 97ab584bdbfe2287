"""Groups of options become one command, whose help and failures read alike everywhere."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from inspect import signature
from subprocess import CompletedProcess
from typing import Annotated, ClassVar

import pytest
import typer
from typer.testing import CliRunner

from scalepredict.cli.app import COMMANDS, command_named
from scalepredict.cli.commands.plot import KINDS
from scalepredict.cli.inputs.help_page import HelpfulCommand
from scalepredict.cli.inputs.parameters import HEADINGS, METHOD, OUTPUT, command

Run = Callable[..., CompletedProcess[str]]
CALLS = [*(name for name in COMMANDS if name != "plot"), *(f"plot {kind}" for kind in KINDS)]


class Colour(StrEnum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A group inside a group."""

    HEADING: ClassVar[str] = METHOD

    name: Annotated[tuple[str, ...], typer.Option("--name", help="Names.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """A group."""

    HEADING: ClassVar[str] = OUTPUT

    number: Annotated[int, typer.Option("--number", help="A number.")] = 7
    colour: Annotated[Colour | None, typer.Option("--colour", help="A colour.")] = None
    inner: Inner


def run_grouped(*arguments: str) -> tuple[list[tuple[tuple[str, ...], Outer]], str]:
    """What a command with those groups is called with, and what it prints."""
    called: list[tuple[tuple[str, ...], Outer]] = []

    def paint(
        files: Annotated[tuple[str, ...], typer.Argument(metavar="FILES...", help="Files.")],
        outer: Outer,
    ) -> None:
        """Paint."""
        called.append((files, outer))

    app = typer.Typer(rich_markup_mode=None)
    app.command(cls=HelpfulCommand)(command(paint))
    return called, CliRunner().invoke(app, list(arguments)).output


def test_groups_are_filled_from_flat_options() -> None:
    words = ["a", "--number", "3", "--name", "x", "b", "--name", "y", "--colour", "blue"]
    called, _ = run_grouped(*words)
    inner = Inner(name=("x", "y"))
    assert called == [(("a", "b"), Outer(number=3, colour=Colour.BLUE, inner=inner))]
    called, _ = run_grouped("a")
    assert called == [(("a",), Outer(number=7, colour=None, inner=Inner(name=())))]


def test_help_shows_what_to_write_under_the_heading_of_the_group() -> None:
    _, page = run_grouped("--help")
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert "FILES... Files. [required]" in lines
    assert lines.index("Method:") < lines.index("--name NAME Names.") < lines.index("Output:")
    assert "--number N A number. [default: 7]" in lines
    assert "--colour red|blue A colour." in lines


@pytest.mark.parametrize("call", CALLS)
def test_no_help_shows_a_type_of_python_or_an_option_without_a_heading(
    command: Run, call: str
) -> None:
    page = command(*call.split(), "--help").stdout
    assert not re.search(r"<[a-z]|\b(INTEGER|TEXT|FLOAT|RANGE)\b", page)
    headings = re.findall(r"^(\w+):$", page, re.MULTILINE)
    assert set(headings) <= {"Arguments", *HEADINGS}
    assert headings[-1] == OUTPUT
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize("call", CALLS)
def test_every_option_says_what_it_is_for(call: str) -> None:
    function = KINDS[call.split()[1]] if " " in call else command_named(call)
    assert callable(function)
    for parameter in signature(function).parameters.values():
        (told,) = parameter.annotation.__metadata__
        assert told.help, parameter.name
        if not isinstance(told, typer.models.ArgumentInfo):
            assert told.rich_help_panel in HEADINGS, parameter.name


@pytest.mark.parametrize(
    ("flags", "traced"),
    [
        ("-vv", True),
        ("-v -v", True),
        ("-qvv", True),
        ("--verbose --verbose", True),
        ("-v", False),
        ("", False),
        ("-o -vv", False),  # the name of a file
    ],
)
def test_a_traceback_is_shown_if_verbose_is_given_twice(
    command: Run, flags: str, traced: bool
) -> None:
    done = command("fit", "none.csv", *flags.split())
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: none.csv")
    assert ("Traceback (most recent call last)" in done.stderr) == traced
