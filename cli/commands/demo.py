"""`scalepredict demo`: what does the program do, on records that come with it?"""

import shlex
from collections.abc import Callable
from pathlib import Path

import typer

from scalepredict.cli.commands.check import check
from scalepredict.cli.commands.fit import fit
from scalepredict.cli.commands.forecast import forecast
from scalepredict.cli.inputs.options import Verbosity
from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.inputs.target_options import DEFAULT_FIT
from scalepredict.errors import RefusedError
from scalepredict.records.text.counts import listed

SMALL, LARGE = "ladder.csv", "measured.csv"
LARGEST = 2.8e9  # parameters of the ladder's largest model; the larger ones are for comparison
STEPS: tuple[tuple[Callable[..., None], str], ...] = (
    (fit, f"scalepredict fit {SMALL}"),
    (forecast, f"scalepredict forecast --params 12B --measured {LARGE}"),
    (check, f"scalepredict check {LARGE} --fit {DEFAULT_FIT}"),
)


@command
def demo(verbosity: Verbosity) -> None:
    """Write a sample ladder here and run the main commands on it.

    The ladder is Pythia up to 2.8B (ladder.csv); the forecast of 12B is shown beside what was
    measured (measured.csv). No file is overwritten.

    Example: scalepredict demo -q
    """
    from scalepredict.records.text.writing import write_whole

    names = (SMALL, LARGE, str(DEFAULT_FIT))
    if there := [name for name in names if Path(name).exists()]:
        raise RefusedError(
            f"demo: {listed(there)} would be overwritten; run it in an empty folder."
        )
    for name, text in zip(names, _sample(), strict=False):
        write_whole(name, text)
    verbosity.voice.say(f"wrote {SMALL} and {LARGE}: Pythia up to 2.8B, and 6.9B and 12B.")
    for number, (function, line) in enumerate(STEPS):
        typer.echo(f"{'' if number == 0 else chr(10)}$ {line}")
        _run(function, shlex.split(line)[2:] + (["--quiet"] if verbosity.quiet else []))


def _run(function: Callable[..., None], words: list[str]) -> None:
    one = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    one.command()(function)
    typer.main.get_command(one).main(words, standalone_mode=False)


def _sample() -> tuple[str, str]:
    from importlib.resources import files

    source = files("scalepredict.sample_data").joinpath("pythia_ladder.csv")
    header, *rows = source.read_text(encoding="utf-8").splitlines(keepends=True)
    params = header.split(",").index("params")
    small = [float(row.split(",")[params]) <= LARGEST for row in rows]
    return (
        header + "".join(row for row, is_small in zip(rows, small, strict=True) if is_small),
        header + "".join(row for row, is_small in zip(rows, small, strict=True) if not is_small),
    )
