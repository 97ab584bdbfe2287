"""How is a target named on the command line? The options of every command that forecasts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.options import count

if TYPE_CHECKING:
    from scalepredict.predictors.scale.targets import TargetRequest

DEFAULT_FIT = Path("scalepredict.fit.json")

ParamsOption = Annotated[
    list[float] | None,
    typer.Option("--params", parser=count, metavar="N", help="Parameters of the target, e.g. 70B."),
]
TokensOption = Annotated[
    list[float] | None,
    typer.Option("--tokens", parser=count, metavar="D", help="Training tokens, e.g. 1.5T."),
]
TokensPerParamOption = Annotated[
    list[float] | None,
    typer.Option(
        "--tokens-per-param", parser=count, metavar="R", help="Tokens per parameter, e.g. 20."
    ),
]
FlopsOption = Annotated[
    list[float] | None,
    typer.Option("--flops", parser=count, metavar="C", help="Training FLOPs, e.g. 6e23."),
]
FitOption = Annotated[
    Path, typer.Option("--fit", "-f", metavar="FILE", help="Fit file; - is stdin.")
]
MeasuredBenchmarksOption = Annotated[
    Path | None,
    typer.Option("--benchmarks", metavar="FILE", help="Benchmark metadata for --measured."),
]
FamilyOption = Annotated[
    list[str] | None, typer.Option("--family", help="Only this family (repeatable).")
]
BenchmarkOption = Annotated[
    list[str] | None, typer.Option("--benchmark", help="Only this benchmark (repeatable).")
]


def target_request(
    params: list[float] | None,
    tokens: list[float] | None,
    tokens_per_param: list[float] | None,
    flops: list[float] | None,
) -> "TargetRequest":
    """What the four options ask for together."""
    from scalepredict.predictors.scale.targets import TargetRequest

    return TargetRequest(
        params=params or (),
        tokens=tokens or (),
        tokens_per_param=tokens_per_param or (),
        flops=flops or (),
    )
