"""What does a check work on? Rules and records as the options and scalepredict.yaml name them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import typer

from scalepredict.cli.inputs.baseline import DEFAULT_FILE, entries_of, read_baseline, write_baseline
from scalepredict.cli.inputs.chosen import read_files
from scalepredict.cli.inputs.options import Output, Reading
from scalepredict.cli.inputs.voice import Voice
from scalepredict.cli.views.render import Format
from scalepredict.evaluation.intervals.calibration_file import calibration_of, load_calibration
from scalepredict.evaluation.off_trend.gate_file import Direction, GateFile, load_gate
from scalepredict.evaluation.off_trend.rules.verdicts import Accepted
from scalepredict.evaluation.off_trend.run_check import Check, Comparison, check
from scalepredict.predictors.store.fit_file import load_fit
from scalepredict.records.findings import doubts_of_units, units_doubted
from scalepredict.records.join import join_tables
from scalepredict.records.notes import heard, noted
from scalepredict.records.table import EvalTable
from scalepredict.records.text.counts import count_of

CONFIG = Path("scalepredict.yaml")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckRecords:
    """All checkpoints, the new ones first.

    Attributes:
        table: New checkpoints and history.
        n_new: How many are new.
    """

    table: EvalTable
    n_new: int


def read_settings(
    config: Path | None,
    *,
    alpha: float | None,
    direction: str | None,
    persistence: int | None,
) -> GateFile:
    """The shipped rules, under those of the configuration file, under those of the options."""
    if config is None and CONFIG.is_file():
        config = CONFIG
    if alpha is not None and not 0 < alpha < 0.5:
        raise typer.BadParameter(f"--alpha {alpha:g} is not between 0 and 0.5.")
    wanted = None if direction is None else Direction(direction)
    given = {"alpha": alpha, "direction": wanted, "persistence": persistence}
    return load_gate(config, over=given)


def shown_as(shown: Output, settings: GateFile) -> Output:
    """What the options say of the output, and the file where they say nothing."""
    said = shown.verbosity
    return replace(
        shown,
        form=shown.form or (None if shown.as_json else Format(settings.form)),
        verbosity=replace(
            said,
            quiet=said.quiet or settings.quiet,
            verbose=max(said.verbose, int(settings.verbose)),
            ignore=(*said.ignore, *settings.ignore),
        ),
    )


def make_comparison(
    fit: Path | None, *, calibration: Path | None, until: float | None, voice: Voice | None = None
) -> Comparison:
    """The ladder of a fit file, or the methods to make ladders of siblings with."""
    stored = None if fit is None else load_fit(fit)
    if stored is not None and voice is not None:
        voice.tell(units_doubted(stored.notes), about=f"{fit}: ")
    constants = (
        load_calibration(calibration) if stored is None else calibration_of(stored, calibration)
    )
    return Comparison.of(None if stored is None else stored.fit, constants, final_tokens=until)


def read_checkpoints(
    checkpoints: Sequence[Path], history: Sequence[Path], how: Reading, *, voice: Voice
) -> CheckRecords:
    """Read new checkpoints and history, with all metrics and shot counts."""
    read = partial(
        read_files,
        benchmarks=how.benchmarks,
        ladder=how.ladder,
        percent=how.percent,
        answers=how.answers,
    )
    reading = read(checkpoints)
    voice.tell(reading.report.notes())
    voice.tell(doubts_of_units(reading.table))
    table, n_new = reading.table, len(reading.table.checkpoints)
    if history:
        joined = join_tables(table, read(history).table)
        table = joined.table
        if joined.n_repeated:
            text = (
                f"history: {count_of(joined.n_repeated, 'checkpoint is', 'checkpoints are')} "
                "among the new ones too."
            )
            voice.tell([noted("history-repeated", text)])
    return CheckRecords(table=table, n_new=n_new)


def run_check(
    records: CheckRecords,
    *,
    settings: GateFile,
    comparison: Comparison,
    baseline: Path | None,
    update: bool,
    voice: Voice,
) -> Check:
    """Check the records under a baseline; write the baseline anew if that is asked for."""
    path = baseline or DEFAULT_FILE
    known = read_baseline(path) if path.is_file() or (baseline and not update) else {}
    new = np.arange(len(records.table.checkpoints)) < records.n_new

    def run(accepted: Collection[Accepted]) -> Check:
        return check(
            records.table, new, gate=settings.gate, comparison=comparison, accepted=accepted
        )

    with voice.busy("check"):
        found = run(known.keys())
        if update and any(verdict.findings for verdict in found.verdicts):
            known |= entries_of(found.verdicts)
            found = run(known.keys())
    if update:
        write_baseline(path, known)
        voice.say(f"baseline: {count_of(len(known), 'accepted finding')} written to {path}.")
    voice.tell(found.notes)
    return heard(found, voice.ignored)
