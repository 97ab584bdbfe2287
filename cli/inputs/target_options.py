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
from scalepredict.records.formats.record_columns import COLUMN

if TYPE_CHECKING:
    from scalepredict.predictors.scale.targets import TargetRequest

_PER_PARAM = (1e-6, 1e9)  # tokens per parameter; ladders have 0.1 to 10,000
_UNITS = {"params": "B", "params_active": "B", "tokens": "T"}


def check_size(option: str, column: str, value: float | None) -> None:
    """Refuse a size that no model has, say 0.07 for 0.07B.

    Args:
        option: As the user writes it.
        column: The column of a record that would hold it, or ``tokens_per_param``.
        value: The size, a count; None = not given.

    Raises:
        RefusedError: It lies beyond the limits of the column.
    """
    limits = COLUMN[column].limits if column in COLUMN else _PER_PARAM
    if value is None or limits is None or limits[0] <= value <= limits[1]:
        return
    if value < limits[0] and column in _UNITS:
        advice = f"sizes are counts, like {value:g}{_UNITS[column]}."
    else:
        advice = f"give one between {limits[0]:g} and {limits[1]:g}."
    raise RefusedError(f"{option} {value:g} is no size of a model; {advice}")


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
            RefusedError: A size is none that a model has.
        """
        from scalepredict.predictors.scale.targets import TargetRequest

        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, values in asked.items():
            for value in values:
                check_size(f"--{name.replace('_', '-')}", name, value)
        return TargetRequest(**asked)

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
