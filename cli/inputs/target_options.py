"""How is a target named on the command line? The options of every command that forecasts."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from scalepredict.cli.inputs import present_fit
from scalepredict.cli.inputs.options import count
from scalepredict.cli.inputs.parameters import RECORDS, TARGET
from scalepredict.cli.inputs.present_fit import DEFAULT_FIT as DEFAULT_FIT
from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    from scalepredict.predictors.scale.targets import TargetRequest

SMALLEST_SIZE = 1e3  # parameters or tokens; a number below it lacks its unit


def check_size(option: str, value: float | None, unit: str) -> None:
    """Refuse a size of a model that lacks its unit, say 0.07 for 0.07B.

    Raises:
        RefusedError: It is too small to be one.
    """
    if value is not None and value < SMALLEST_SIZE:
        raise RefusedError(
            f"{option} {value:g} is no size of a model; sizes are counts, like {value:g}{unit}."
        )


FitOption = Annotated[
    Path, typer.Option("--fit", "-f", help="Fit file; - is stdin.", rich_help_panel=RECORDS)
]
MeasuredOption = Annotated[
    tuple[Path, ...],
    typer.Option(
        "--measured",
        metavar="RECORDS",
        help="Show measured scores beside the forecast, and how far it was off (repeatable). "
        "Without a scale, forecast the measured models beyond the evidence.",
        rich_help_panel=TARGET,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOptions:
    """The scale of each target. A further size is one more field, here and in `TargetRequest`."""

    HEADING: ClassVar[str] = TARGET

    params: Annotated[
        tuple[float, ...],
        typer.Option("--params", parser=count, help="Parameters of the target, e.g. 70B."),
    ] = ()
    params_active: Annotated[
        tuple[float, ...],
        typer.Option(
            "--params-active",
            parser=count,
            metavar="N",
            help="Parameters that one token uses, of a mixture of experts. [default: by the "
            "ladder's own ratio]",
        ),
    ] = ()
    tokens: Annotated[
        tuple[float, ...],
        typer.Option("--tokens", parser=count, metavar="D", help="Training tokens, e.g. 1.5T."),
    ] = ()
    tokens_per_param: Annotated[
        tuple[float, ...],
        typer.Option(
            "--tokens-per-param", parser=count, metavar="R", help="Tokens per parameter, e.g. 20."
        ),
    ] = ()
    flops: Annotated[
        tuple[float, ...],
        typer.Option("--flops", parser=count, metavar="C", help="Training FLOPs, e.g. 6e23."),
    ] = ()

    def request(self) -> "TargetRequest":
        """What the options ask for together.

        Raises:
            RefusedError: A size is too small to be one.
        """
        from scalepredict.predictors.scale.targets import TargetRequest

        for name, unit in (("params", "B"), ("params_active", "B"), ("tokens", "T")):
            for value in getattr(self, name):
                check_size(f"--{name.replace('_', '-')}", value, unit)
        return TargetRequest(**{field.name: getattr(self, field.name) for field in fields(self)})

    def as_options(self) -> dict[str, list[str]]:
        """The given sizes by option, for a command that can be run again."""
        from scalepredict.records.text.counts import format_count

        return {
            f"--{field.name.replace('_', '-')}": [
                format_count(value, digits=12) for value in getattr(self, field.name)
            ]
            for field in fields(self)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """Which families and benchmarks are shown."""

    HEADING: ClassVar[str] = TARGET

    family: Annotated[
        tuple[str, ...],
        typer.Option(
            "--family", help="Only this family (repeatable).", autocompletion=present_fit.families
        ),
    ] = ()
    benchmark: Annotated[
        tuple[str, ...],
        typer.Option(
            "--benchmark",
            help="Only this benchmark (repeatable).",
            autocompletion=present_fit.benchmarks,
        ),
    ] = ()
