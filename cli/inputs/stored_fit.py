"""Which measured records are like the evidence of a fit? Those chosen by the fit's own options."""

from collections.abc import Sequence
from pathlib import Path

from scalepredict.cli.inputs.chosen import read_files
from scalepredict.cli.inputs.options import Reading
from scalepredict.evaluation.forecast.known_scores import fitted_models
from scalepredict.evaluation.forecast.measured import Measured
from scalepredict.predictors.store.fit_file import StoredFit
from scalepredict.records.evidence import CheckpointChoice
from scalepredict.records.table import EvalTable


def stored_measured(stored: StoredFit, records: Sequence[Path], how: Reading) -> Measured:
    """Measured records, chosen by the options that the fit was made with."""
    choice = stored.provenance.choice
    reading = read_files(
        records,
        benchmarks=how.benchmarks,
        ladder=how.ladder,
        metrics=choice.metrics,
        shots=choice.shots,
        percent=how.percent,
        mixed=True,  # the fit's own columns are found among all that were measured
    )
    return Measured(
        records=reading.table,
        choice=CheckpointChoice.parse(choice.checkpoints),
        phases=frozenset(choice.phases) or None,
    )


def known_tables(
    stored: StoredFit, models: Sequence[str], known: Measured | None
) -> list[EvalTable]:
    """Targets that are known by their scores: models of the evidence, and those of records."""
    tables = [fitted_models(stored.fit, models)] if models else []
    if known is not None:
        tables.append(known.all_checkpoints(needs_compute=False))
    return tables
