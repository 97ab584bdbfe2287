"""`scalepredict backtest`: which forecasts of these records would have held?"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from scalepredict.cli.inputs.gathered import (
    ExcludeOption,
    FamilyOption,
    SameTokensOption,
    Selection,
    SpacedCheckpointsOption,
    check_patterns,
    tested_evidence,
)
from scalepredict.cli.inputs.method import METHODS, ReferenceOptions, predictors
from scalepredict.cli.inputs.options import (
    CalibrationOption,
    IntervalOptions,
    Output,
    RecordsArgument,
    SeedOption,
    Workers,
    count,
)
from scalepredict.cli.inputs.parameters import METHOD, OUTPUT, command
from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    from scalepredict.evaluation.backtest.splits import Split
    from scalepredict.records.table import EvalTable


class By(StrEnum):
    """What `--by` accepts."""

    FACTOR = "factor"
    BENCHMARK = "benchmark"
    FAMILY = "family"


class Way(StrEnum):
    """What `--split` accepts."""

    ROLLING = "rolling"
    LARGEST = "largest-of-family"
    FAMILY = "family"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """What is trained on, and what is forecast from it."""

    HEADING: ClassVar[str] = METHOD

    split: Annotated[
        Way,
        typer.Option(
            "--split",
            help="What is held out: larger models at rolling origins, the "
            "largest model of each family, or each family.",
        ),
    ] = Way.ROLLING
    origins: Annotated[
        int, typer.Option("--origins", min=1, help="Origins of each family, at most.")
    ] = 14
    min_models: Annotated[
        int | None,
        typer.Option(
            "--min-models",
            min=2,
            help="Checkpoints at or below an origin, at least. "
            "[default: 4, or 3 in a family of fewer than 8]",
        ),
    ] = None
    cutoff_flops: Annotated[
        float | None,
        typer.Option(
            "--cutoff-flops",
            parser=count,
            metavar="C",
            help="One origin: train at or below, forecast all above.",
        ),
    ] = None
    cutoff_params: Annotated[
        float | None,
        typer.Option("--cutoff-params", parser=count, help="The same by parameters, e.g. 3B."),
    ] = None
    holdout: Annotated[
        tuple[str, ...],
        typer.Option(
            "--holdout",
            metavar="PATTERN",
            help="Forecast these models or families from the rest, e.g. '*-12b'. Repeatable.",
        ),
    ] = ()


@command
def backtest(
    records: RecordsArgument,
    holdout: Holdout,
    reference: ReferenceOptions,
    selection: Selection,
    workers: Workers,
    intervals: IntervalOptions,
    shown: Output,
    predictor: Annotated[
        tuple[str, ...],
        typer.Option(
            "--predictor",
            "-p",
            help=f"Method: {METHODS}, or all. Repeatable. [default: stack and the baselines]",
            autocompletion=predictors,
            rich_help_panel=METHOD,
        ),
    ] = (),
    by: Annotated[
        By, typer.Option("--by", help="Split the summary by this.", rich_help_panel=OUTPUT)
    ] = By.FACTOR,
    checkpoints: SpacedCheckpointsOption = "last",
    family: FamilyOption = (),
    tokens: SameTokensOption = None,
    exclude: ExcludeOption = (),
    rows: Annotated[
        Path | None,
        typer.Option("--rows", help="Also write every forecast, as CSV.", rich_help_panel=OUTPUT),
    ] = None,
    calibration: CalibrationOption = None,
    seed: SeedOption = 0,
) -> None:
    """Test forecasts of models that were measured, from smaller ones.

    Prints how far forecasts were off and how often their intervals held, beside simple baselines.

    Example: scalepredict backtest ladder.csv --predictor stack --by benchmark
    """
    # Imported here: `scalepredict --help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.views.backtest_view import rows_csv, show
    from scalepredict.evaluation.backtest.backtest_report import make_report
    from scalepredict.evaluation.backtest.floor import checkpoint_noise, interpolation_noise
    from scalepredict.evaluation.backtest.rivals import rivals
    from scalepredict.evaluation.backtest.rolling_origin import run_backtest
    from scalepredict.evaluation.intervals.calibration_file import load_calibration
    from scalepredict.predictors.metric_scale import fractions_of
    from scalepredict.records.text.writing import check_place, write_whole

    voice, shape, levels = shown.voice, shown.shape, intervals.levels()
    methods = reference.all_applied(rivals(predictor))
    if rows is not None:
        check_place(rows)
    constants = load_calibration(calibration)
    choice = selection.choice(checkpoints=checkpoints, families=family, tokens=tokens)
    evidence = tested_evidence(records, choice, exclude=exclude, voice=voice, among_others=False)
    check_patterns(exclude, evidence.reading.table.families)
    splits = _splits(evidence.table, holdout)
    rng, summary_rng = np.random.default_rng(seed).spawn(2)
    with voice.counting("backtest") as progress, workers.engine() as jobs:
        cells = run_backtest(
            evidence.table,
            splits,
            methods,
            constants,
            jobs=jobs,
            progress=progress,
            rng=rng,
        )
    report = make_report(
        cells,
        constants,
        by="factor_bin" if by is By.FACTOR else by,
        interpolation=interpolation_noise(fractions_of(evidence.table)),
        checkpoints=checkpoint_noise(fractions_of(evidence.reading.table)),
        levels=levels,
        rng=summary_rng,
    )
    if rows is not None:
        write_whole(rows, rows_csv(report))
    show(report, constants, by=by, form=shape, ignored=voice.ignored)


def _splits(table: "EvalTable", asked_for: Holdout) -> "tuple[Split, ...]":
    from scalepredict.evaluation.backtest import splits

    way, holdout = asked_for.split, asked_for.holdout
    cutoff_flops, cutoff_params = asked_for.cutoff_flops, asked_for.cutoff_params
    asked = [
        name
        for name, given in (
            (f"--split {way}", way is not Way.ROLLING),
            ("--cutoff-flops", cutoff_flops is not None),
            ("--cutoff-params", cutoff_params is not None),
            ("--holdout", bool(holdout)),
        )
        if given
    ]
    if len(asked) > 1:
        raise typer.BadParameter(f"{' and '.join(asked)} contradict each other; give one of them.")
    if cutoff_flops is not None or cutoff_params is not None:
        found = splits.cutoff_split(table, flops=cutoff_flops, params=cutoff_params)
    elif holdout:
        found = splits.holdout_split(table, holdout)
    elif way is Way.LARGEST:
        found = splits.leave_largest_of_family_out(table)
    elif way is Way.FAMILY:
        found = splits.leave_one_family_out(table)
    else:
        found = splits.rolling_origins(
            table, max_origins=asked_for.origins, min_models=asked_for.min_models
        )
    if not found:
        raise RefusedError(splits.why_no_origin(table))
    return found
