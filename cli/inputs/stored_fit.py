"""Which measured records are like the evidence of a fit? Those chosen by the fit's own options."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from scalepredict.cli.inputs.options import Reading
from scalepredict.cli.inputs.voice import Voice
from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.forecasting import FamilyForecast
from scalepredict.evaluation.forecast.known_scores import fitted_models
from scalepredict.evaluation.forecast.measured import Comparison, Measured, compare
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.scale.targets import TargetRequest, resolve_targets
from scalepredict.predictors.store.fit_file import StoredFit, input_files
from scalepredict.records.evidence import CheckpointChoice
from scalepredict.records.findings import doubts
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import EvalTable

# Of measured records only what was left out is told; the fit has told how they are read.
LEFT_OUT = frozenset({"rows-empty", "rows-of-other-settings"})


def stored_measured(
    stored: StoredFit, records: Sequence[Path], how: Reading, *, voice: Voice
) -> Measured:
    """Measured records, chosen by the options that the fit was made with; doubts are told."""
    # Imported here: a forecast that reads no records must not pay for pandas and all importers.
    from scalepredict.cli.inputs.chosen import check_ladder_used, read_files

    choice = stored.provenance.choice
    reading = read_files(
        records,
        benchmarks=how.benchmarks,
        ladder=how.ladder,
        metrics=choice.metrics,
        shots=choice.shots,
        percent=how.percent,
        answers=how.answers,
        tokens=choice.tokens,
    )
    check_ladder_used([reading], how.ladder)
    left_out = (note for note in reading.report.notes() if note.code in LEFT_OUT)
    voice.tell((*left_out, *doubts(reading.table)))
    return Measured(
        records=reading.table,
        choice=CheckpointChoice.parse(choice.checkpoints),
        phases=frozenset(choice.phases) or None,
    )


def how_to_target(request: TargetRequest, truth: Measured | None) -> Callable[[EvalTable], Targets]:
    """How the evidence of a family gives its targets; without a scale, the measured ones."""
    if truth is not None and request == TargetRequest():
        return truth.beyond
    return lambda evidence: resolve_targets(evidence, request)


def compared(
    forecasts: Sequence[FamilyForecast], truth: Measured | None
) -> tuple[list[Comparison | None], list[Note]]:
    """Measured scores beside each forecast, and why there are none."""
    found: list[Comparison | None] = [None] * len(forecasts)
    why: list[Note] = []
    if truth is None:
        return found, why
    for i, forecast in enumerate(forecasts):
        try:
            found[i] = compare(forecast, truth.checkpoints(forecast.family))
        except RefusedError as reason:
            text = f"not compared with measured scores: {reason}"
            why.append(noted("not-compared", text, subject=forecast.family))
    return found, why


def known_tables(
    stored: StoredFit, models: Sequence[str], known: Measured | None
) -> list[EvalTable]:
    """Targets that are known by their scores: models of the evidence, and those of records."""
    tables = [fitted_models(stored.fit, models)] if models else []
    if known is not None:
        tables.append(known.all_checkpoints(needs_compute=False))
    return tables


def checkpoint_series(stored: StoredFit) -> EvalTable:
    """All checkpoints of the evidence, from the fit itself or from the files that it was made of.

    Raises:
        RefusedError: The files are gone or have changed since.
    """
    # Imported here, as above.
    from scalepredict.cli.inputs.chosen import gather_evidence

    choice = stored.provenance.choice
    if choice.checkpoints == "all":
        tables = [group.evidence for group in stored.fit.groups]
        if len(tables) == 1:
            return tables[0]
    inputs = stored.provenance.inputs
    paths = [Path(file.name) for file in inputs]
    missing = [file.name for file in inputs if not Path(file.name).exists()]
    if missing or input_files(paths) != inputs:
        raise RefusedError(
            f"a trajectory reads all checkpoints of {', '.join(file.name for file in inputs)} "
            f"again, and {'they are gone' if missing else 'they have changed since the fit'}; fit "
            "again where they are."
        )
    return gather_evidence(paths, replace(choice, checkpoints="all")).table
