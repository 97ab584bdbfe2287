"""`scalepredict plot`: look at a forecast, at a backtest, at what a method has found."""

import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalepredict.cli.options import CalibrationOption, JobsOption, QuietOption, SeedOption, Voice
from scalepredict.cli.target_options import (
    DEFAULT_FIT,
    BenchmarkOption,
    FamilyOption,
    FitOption,
    FlopsOption,
    ParamsOption,
    TokensOption,
    TokensPerParamOption,
    target_request,
)
from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    from scalepredict.evaluation.calibration import Calibration
    from scalepredict.predictors.storage import StoredFit
    from scalepredict.predictors.targets import TargetRequest

EACH = "{benchmark}"
Draw = Callable[[], Any]  # makes the figure, once matplotlib is set up


class Picture(StrEnum):
    """What `--kind` accepts."""

    FORECAST = "forecast"
    COVERAGE = "coverage"


def plot(
    kind: Annotated[Picture, typer.Option("--kind", help="What is drawn.")] = Picture.FORECAST,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help=f"Picture to write: .png, .svg or .pdf. With {EACH} in the name, one for each.",
        ),
    ] = "scalepredict.png",
    params: ParamsOption = None,
    tokens: TokensOption = None,
    tokens_per_param: TokensPerParamOption = None,
    flops: FlopsOption = None,
    fit_file: FitOption = DEFAULT_FIT,
    family: FamilyOption = None,
    benchmark: BenchmarkOption = None,
    calibration: CalibrationOption = None,
    jobs: JobsOption = 1,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Draw what a fit file says.

    forecast: measured scores, the fitted curve and the fan to one target. coverage: a backtest on
    the evidence of the fit, whether its intervals held and how the error grows.

    Example: scalepredict plot --params 12B -o forecast.png
    """
    from scalepredict.cli.figures.style import suffix_of
    from scalepredict.evaluation.calibration_file import calibration_of
    from scalepredict.predictors.storage import load_fit

    voice = Voice(quiet)
    suffix_of(Path(output))  # before the work, not after it
    stored = load_fit(fit_file)
    constants = calibration_of(stored, calibration)
    with voice.busy(f"drawing {kind}"):
        if kind is Picture.COVERAGE:
            figures = _coverage(stored, constants, jobs=jobs, seed=seed)
        else:
            request = target_request(params, tokens, tokens_per_param, flops)
            each = EACH in output
            figures = _forecast(
                stored, constants, request, family or (), benchmark or (), each=each, seed=seed
            )
        for path in _write(figures, output):
            voice.say(f"wrote {path}")


def _forecast(
    stored: "StoredFit",
    constants: "Calibration",
    request: "TargetRequest",
    families: Sequence[str],
    benchmarks: Sequence[str],
    *,
    each: bool,
    seed: int,
) -> Iterator[tuple[str, "Draw"]]:
    import numpy as np

    from scalepredict.cli.figures.forecast import Panel, forecast_figure
    from scalepredict.evaluation.forecasting import forecast_families
    from scalepredict.evaluation.path import path_to
    from scalepredict.predictors.targets import resolve_targets
    from scalepredict.records.narrow import known_names

    forecasts, _ = forecast_families(
        stored.fit,
        lambda evidence: resolve_targets(evidence, request),
        constants,
        families=families,
        rng=np.random.default_rng(seed),
    )
    if len(forecasts) > 1:
        found = ", ".join(forecast.family for forecast in forecasts)
        raise RefusedError(f"one picture shows one family; choose with --family: {found}.")
    (forecast,) = forecasts
    if len(forecast.targets) > 1:
        raise RefusedError("one picture shows one target; give each option once.")
    names = [unit.benchmark for unit in forecast.forecast.units]
    known_names("benchmark", benchmarks, names)
    way = path_to(stored.fit, forecast, constants, index=0, rng=np.random.default_rng(seed))
    panels = {
        name: Panel(path=way, column=i)
        for i, name in enumerate(names)
        if not benchmarks or name in benchmarks
    }
    if each:
        for name, panel in panels.items():
            yield name, partial(forecast_figure, [panel])
    else:
        title = f"{forecast.family}: {stored.fit.predictor.name}"
        yield "", partial(forecast_figure, list(panels.values()), title=title)


def _coverage(
    stored: "StoredFit", constants: "Calibration", *, jobs: int, seed: int
) -> Iterator[tuple[str, "Draw"]]:
    import numpy as np

    from scalepredict.cli.figures.coverage import coverage_figure
    from scalepredict.evaluation.self_test import backtest_evidence

    rng = np.random.default_rng(seed)
    report = backtest_evidence(stored.fit, constants, jobs=jobs, rng=rng)
    yield "", partial(coverage_figure, report.summary)


def _write(figures: Iterator[tuple[str, "Draw"]], output: str) -> Iterator[Path]:
    from scalepredict.cli.figures.style import figure_bytes, house_style, suffix_of
    from scalepredict.records.writing import write_whole

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
