"""Which measured records are like the evidence of a fit? Those chosen by the fit's own options."""

from collections.abc import Sequence
from pathlib import Path

from scalepredict.cli.chosen import read_metadata
from scalepredict.evaluation.measured import Measured
from scalepredict.predictors.storage import StoredFit
from scalepredict.records.evidence import CheckpointChoice
from scalepredict.records.read import read_records


def stored_measured(
    stored: StoredFit, records: Sequence[Path], *, benchmarks: Path | None, percent: bool
) -> Measured:
    """Measured records, chosen by the options that the fit was made with."""
    options = stored.provenance.options
    metrics, shots, phases = (options.get(name) for name in ("metrics", "shots", "phases"))
    reading = read_records(
        records,
        metadata=read_metadata(benchmarks),
        metrics=metrics.split(", ") if metrics else (),
        shots=int(shots) if shots else None,
        percent=percent,
    )
    return Measured(
        records=reading.table,
        choice=CheckpointChoice.parse(options.get("checkpoints", "last")),
        phases=frozenset(phases.split(", ")) if phases else None,
    )
