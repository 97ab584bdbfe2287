"""`scalepredict calibrate`: intervals from the errors on your own series, and the proof of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalepredict import __version__
from scalepredict.cli.inputs.gathered import (
    ExcludeOption,
    SameTokensOption,
    Selection,
    check_patterns,
    tested_evidence,
)
from scalepredict.cli.inputs.method import METHODS, ReferenceOptions, predictors
from scalepredict.cli.inputs.options import (
    IntervalOptions,
    Output,
    RecordsArgument,
    SeedOption,
    Workers,
    command_text,
)
from scalepredict.cli.inputs.parameters import METHOD, OUTPUT, RECORDS, command
from scalepredict.errors import RefusedError
from scalepredict.predictors import registry
from scalepredict.records.notes import noted
from scalepredict.records.text.counts import count_of

if TYPE_CHECKING:
    from scalepredict.evaluation.backtest.rolling_origin import Cell


@command
def calibrate(
    records: RecordsArgument,
    selection: Selection,
    workers: Workers,
    reference: ReferenceOptions,
    intervals: IntervalOptions,
    shown: Output,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Where the constants go (YAML).", rich_help_panel=OUTPUT
        ),
    ] = Path("calibration.yaml"),
    predictor: Annotated[
        tuple[str, ...],
        typer.Option(
            "--predictor",
            "-p",
            help=f"Method: {METHODS}. Repeatable. [default: all]",
            autocompletion=predictors,
            rich_help_panel=METHOD,
        ),
    ] = (),
    checkpoints: Annotated[
        tuple[str, ...],
        typer.Option(
            "--checkpoints",
            metavar="CHOICE",
            help="last (default), mean-last-K, all, or spaced (the last of each run and earlier "
            "ones each at half the compute of the next); FILE=CHOICE for one of the records, "
            "e.g. gemstones=spaced. Repeatable.",
            rich_help_panel=RECORDS,
        ),
    ] = (),
    origins: Annotated[
        int,
        typer.Option(
            "--origins",
            min=1,
            help="Origins of each family, at most.",
            rich_help_panel=METHOD,
        ),
    ] = 14,
    thinned: Annotated[
        bool,
        typer.Option(
            "--thinned",
            help="Also ladders of one and two scales, and small clusters with one or three far "
            "larger runs.",
            rich_help_panel=METHOD,
        ),
    ] = False,
    exclude: ExcludeOption = (),
    tokens: SameTokensOption = None,
    seed: SeedOption = 0,
) -> None:
    """Estimate interval constants from backtests of RECORDS.

    Each argument is a group that is left out as a whole; records that share a family are one group,
    and a single group is split by family. The table shows how often intervals held on groups that
    had no part in them; the file written uses all groups.

    Example: scalepredict calibrate mine.csv public.csv -o calibration.yaml
    """
    # Imported here: `scalepredict --help` must not pay for NumPy and SciPy.
    import numpy as np

    from scalepredict.cli.inputs.chosen import check_ladder_used, check_tokens_used
    from scalepredict.cli.views.calibrate_view import calibration_yaml, show
    from scalepredict.evaluation.calibrate.coverage import nested_coverage
    from scalepredict.evaluation.calibrate.estimate import calibrate as estimate
    from scalepredict.evaluation.calibrate.group_backtests import backtest_groups
    from scalepredict.predictors.store.fit_file import input_files
    from scalepredict.records.text.writing import check_place, write_whole

    voice, shape, levels = shown.voice, shown.shape, intervals.levels()
    check_place(output)
    rng, coverage_rng = np.random.default_rng(seed).spawn(2)
    names = _names(records)
    choices = _choices(checkpoints, names)
    read = {
        name: tested_evidence(
            [path],
            selection.choice(checkpoints=choices[name], tokens=tokens),
            exclude=exclude,
            voice=voice,
            among_others=True,
        )
        for name, path in zip(names, records, strict=True)
    }
    readings = [evidence.reading for evidence in read.values()]
    check_ladder_used(readings, selection.measurement.reading.ladder)
    check_tokens_used(readings, tokens)
    check_patterns(exclude, [f for e in read.values() for f in e.reading.table.families])
    tables = {name: evidence.table for name, evidence in read.items()}
    methods = predictor or registry.available()
    doing = f"backtests of {count_of(len(tables), 'file')}"
    with workers.engine() as jobs, voice.counting(doing) as progress:
        cells = backtest_groups(
            tables,
            reference.all_applied(registry.predictor_type(name)() for name in methods),
            max_origins=origins,
            thinned=thinned,
            progress=progress,
            jobs=jobs,
            rng=rng,
        )
    for name in sorted(set(tables) - {cell.records for cell in cells}):
        text = "no family has enough checkpoints for an origin; left out."
        voice.tell([noted("records-left-out", text, subject=name)])
    coverage = nested_coverage(cells, levels=levels, rng=coverage_rng)
    calibration = estimate(
        cells,
        provenance={
            "command": command_text(
                ["scalepredict", "calibrate", *names],
                {
                    "--checkpoints": [f"{n}={c}" for n, c in choices.items() if c != "last"],
                    **selection.as_options(),
                    "--exclude": exclude,
                    "--tokens": () if tokens is None else [f"{tokens:g}"],
                    "--predictor": predictor,
                    "--origins": [origins],
                    "--thinned": [""] if thinned else (),
                    **reference.as_options(),
                    "--seed": [seed],
                },
            ),
            "version": __version__,
            "inputs": {
                Path(file.name).name: f"sha256 {file.sha256}"
                for evidence in read.values()
                for file in input_files(name for name, _ in evidence.reading.report.files)
            },
            "groups": _counts(cells),
        },
        source=str(output),
    )
    lacking = [name for name in methods if name not in calibration.predictors]
    if lacking:
        voice.say(
            f"no entry for {', '.join(lacking)}: forecasts in fewer than two groups; the fallback "
            "stands in."
        )
    if calibration.stretch != 1.0:
        voice.say(f"quantiles of losses are stretched by {calibration.stretch:.3f}.")
    write_whole(output, calibration_yaml(calibration, coverage))
    voice.say(f"wrote {output}: use it with forecast or backtest --calibration {output}.")
    show(calibration, coverage, levels, form=shape)


def _names(records: Sequence[Path]) -> list[str]:
    names = ["stdin" if str(path) == "-" else path.name.split(".")[0] for path in records]
    for name in names:
        if names.count(name) > 1:
            raise RefusedError(f"two of the records are named {name!r}; rename one of the files.")
    return names


def _choices(given: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    choices = dict.fromkeys(names, "last")
    for text in sorted(given, key=lambda text: "=" in text):  # what holds for all comes first
        name, found, choice = text.rpartition("=")
        if found and name not in choices:
            raise RefusedError(
                f"--checkpoints {text!r}: there are no records {name!r}; there are "
                f"{', '.join(names)}."
            )
        choices |= {name: choice} if found else dict.fromkeys(names, choice)
    return choices


def _counts(cells: "Sequence[Cell]") -> dict[str, str]:
    import numpy as np

    counts: dict[str, str] = {}
    for group in dict.fromkeys(cell.group for cell in cells):
        inside = [cell for cell in cells if cell.group == group]
        series = len({cell.series for cell in inside})
        first = inside[0].predictor
        n = sum(int(np.isfinite(c.observed).sum()) for c in inside if c.predictor == first)
        counts[group] = f"{series} series, {count_of(n, 'forecast')}"
    return counts
