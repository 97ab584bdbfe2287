"""`scalepredict plot`: look at a forecast, at a backtest, at what a method has found."""

import shlex
from typing import Any

import typer
from typer.core import TyperGroup

from scalepredict.cli.inputs.help_page import HelpfulCommand
from scalepredict.cli.plots.plot_capabilities import plot_capabilities
from scalepredict.cli.plots.plot_checkpoints import plot_checkpoints
from scalepredict.cli.plots.plot_clusters import plot_clusters
from scalepredict.cli.plots.plot_coverage import plot_coverage
from scalepredict.cli.plots.plot_forecast import plot_forecast
from scalepredict.cli.plots.plot_plan import plot_plan
from scalepredict.cli.plots.plot_trajectory import plot_trajectory
from scalepredict.errors import RefusedError, did_you_mean

KINDS = {
    "forecast": plot_forecast,
    "trajectory": plot_trajectory,
    "checkpoints": plot_checkpoints,
    "clusters": plot_clusters,
    "capabilities": plot_capabilities,
    "coverage": plot_coverage,
    "plan": plot_plan,
}


class Kinds(TyperGroup):
    """The kinds of pictures; the spelling of 0.1, ``plot --kind NAME``, is answered with theirs."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse what is no kind, and the old spelling with the command that does the same now."""
        known = f"choose one of {', '.join(KINDS)}; `scalepredict plot --help` tells of each."
        if not args:
            raise RefusedError(f"plot: what? {known[0].upper()}{known[1:]}")
        if args[0] not in (*KINDS, "--help", "-h"):
            kind, others = _without_kind(args)
            if kind is not None or args[0].startswith("-"):
                command = shlex.join(["scalepredict", "plot", kind or "forecast", *others])
                raise RefusedError(f"each kind of picture is a command of its own now: {command}")
            hint = did_you_mean(args[0], KINDS)
            raise RefusedError(f"plot: there is no kind of picture {args[0]!r}{hint}; {known}")
        return super().parse_args(ctx, args)


plot = typer.Typer(
    name="plot",
    cls=Kinds,
    help="Draw forecasts, runs, clusters, coverage or a plan.",
    add_completion=False,
    rich_markup_mode=None,
)
for _name, _function in KINDS.items():
    plot.command(_name, cls=HelpfulCommand)(_function)


def _without_kind(args: list[str]) -> tuple[str | None, list[str]]:
    kind, others, words = None, [], iter(args)
    for word in words:
        name, found, value = word.partition("=")
        if name == "--kind":
            kind = value if found else next(words, "forecast")
        else:
            others.append(word)
    return kind, others
