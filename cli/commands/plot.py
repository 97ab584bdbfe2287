"""`scalepredict plot`: look at a forecast, at a backtest, at what a method has found."""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict.cli.inputs.gathered import MetricOption, PhaseOption, ShotsOption
from scalepredict.cli.inputs.method import ClusteringOption, chosen_clustering
from scalepredict.cli.inputs.options import (
    BenchmarksOption,
    CalibrationOption,
    JobsOption,
    LadderOption,
    PercentOption,
    QuietOption,
    SeedOption,
    Voice,
)
from scalepredict.cli.inputs.target_options import (
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

if TYPE_CHECKING:
    from scalepredict.cli.plots.plot_kinds import Pictures

EACH = "{benchmark}"


class Picture(StrEnum):
    """What `--kind` accepts."""

    FORECAST = "forecast"
    COVERAGE = "coverage"
    CLUSTERS = "clusters"
    CAPABILITIES = "capabilities"
    CHECKPOINTS = "checkpoints"


OF_RECORDS = (Picture.CLUSTERS, Picture.CHECKPOINTS)


def plot(
    records: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RECORDS...]",
            help="What clusters and checkpoints are drawn from; the others draw a fit file.",
            show_default=False,
        ),
    ] = None,
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
    model: Annotated[str | None, typer.Option("--model", help="Run of --kind checkpoints.")] = None,
    checkpoints: Annotated[
        str, typer.Option(metavar="last|mean-last-K|pool-last-K", help="Evidence of clusters.")
    ] = "last",
    clustering: ClusteringOption = None,
    phase: PhaseOption = None,
    metric: MetricOption = None,
    shots: ShotsOption = None,
    percent: PercentOption = False,
    benchmarks: BenchmarksOption = None,
    ladder: LadderOption = None,
    calibration: CalibrationOption = None,
    jobs: JobsOption = 1,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
) -> None:
    """Draw what a fit file says, or what RECORDS hold.

    forecast: measured scores, the fitted curve and the fan to one target. coverage: a backtest on
    the evidence of the fit, whether its intervals held and how the error grows. capabilities:
    loadings and models of a fit by observational or skills. clusters: when groups of questions
    become solvable. checkpoints: one run beside what its past let expect, and what is flagged.

    Example: scalepredict plot --params 12B -o forecast.png
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from scalepredict.cli.figures.style import need_matplotlib, suffix_of
    from scalepredict.cli.inputs.chosen import EvidenceChoice
    from scalepredict.cli.plots.plot_kinds import (
        Shown,
        capability_pictures,
        checkpoint_pictures,
        cluster_pictures,
        coverage_pictures,
        forecast_pictures,
    )
    from scalepredict.evaluation.intervals.calibration_file import calibration_of
    from scalepredict.predictors.store.fit_file import load_fit
    from scalepredict.records.text.writing import check_place

    voice = Voice(quiet)
    suffix_of(Path(output))  # before the work, not after it
    if EACH not in output:
        check_place(output)
    _check_sources(kind, records)
    _check_settings(
        kind,
        {
            "--clustering": (clustering, [Picture.CLUSTERS]),
            "--phase": (phase, [Picture.CLUSTERS]),
            "--metric": (metric, [Picture.CLUSTERS]),
            "--shots": (shots, [Picture.CLUSTERS]),
            "--model": (model, [Picture.CHECKPOINTS]),
            "--percent": (percent or None, OF_RECORDS),
            "--benchmarks": (benchmarks, OF_RECORDS),
            "--ladder": (ladder, OF_RECORDS),
            "--params": (params, [Picture.FORECAST]),
            "--tokens": (tokens, [Picture.FORECAST]),
            "--tokens-per-param": (tokens_per_param, [Picture.FORECAST]),
            "--flops": (flops, [Picture.FORECAST]),
        },
    )
    need_matplotlib()
    choice = EvidenceChoice(
        families=tuple(family or ()),
        checkpoints=checkpoints,
        phases=tuple(phase or ()),
        metrics=tuple(metric or ()),
        shots=shots,
        percent=percent,
        benchmarks=benchmarks,
        ladder=ladder,
    )
    shown = Shown(
        families=tuple(family or ()),
        benchmarks=tuple(benchmark or ()),
        each=EACH in output,
        seed=seed,
    )
    with voice.busy(f"drawing {kind}"):
        match kind:
            case Picture.CLUSTERS:
                how = chosen_clustering(clustering)
                pictures = cluster_pictures(records or [], choice, shown, voice, clustering=how)
            case Picture.CHECKPOINTS:
                pictures = checkpoint_pictures(records or [], choice, shown, voice, model=model)
            case Picture.CAPABILITIES:
                pictures = capability_pictures(load_fit(fit_file))
            case Picture.COVERAGE:
                stored = load_fit(fit_file)
                constants = calibration_of(stored, calibration)
                pictures = coverage_pictures(stored, constants, shown, jobs=jobs)
            case Picture.FORECAST:
                stored = load_fit(fit_file)
                constants = calibration_of(stored, calibration)
                request = target_request(params, tokens, tokens_per_param, flops)
                pictures = forecast_pictures(stored, constants, request, shown)
        for path in _write(pictures, output):
            voice.say(f"wrote {path}")


def _check_sources(kind: Picture, records: list[Path] | None) -> None:
    reads = kind in OF_RECORDS
    if reads and not records:
        raise typer.BadParameter(f"--kind {kind} draws records; name their files.")
    if records and not reads:
        raise typer.BadParameter(
            f"--kind {kind} draws a fit file (--fit), not records; run `scalepredict fit` on "
            f"{records[0]} first."
        )


def _check_settings(
    kind: Picture, settings: Mapping[str, tuple[object, Sequence[Picture]]]
) -> None:
    for name, (value, kinds) in settings.items():
        if value is not None and kind not in kinds:
            raise typer.BadParameter(
                f"{name} says nothing of --kind {kind}; leave it out, or draw --kind "
                f"{' or '.join(kinds)}."
            )


def _write(figures: "Pictures", output: str) -> Iterator[Path]:
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
