"""What does a fit file bring along for its forecast? Its interval constants and its choices."""

import json
from collections.abc import Sequence
from pathlib import Path

from scalepredict.cli.chosen import read_metadata
from scalepredict.evaluation.calibration import Calibration
from scalepredict.evaluation.calibration_file import load_calibration, read_calibration
from scalepredict.evaluation.measured import Measured
from scalepredict.predictors.storage import StoredFit
from scalepredict.records.configs import parse_yaml
from scalepredict.records.evidence import CheckpointChoice
from scalepredict.records.read import read_records


def stored_calibration(stored: StoredFit, path: Path | None) -> Calibration:
    """The constants that the user names, else those of the fit file, else those that ship."""
    if path is not None or stored.calibration is None:
        return load_calibration(path)
    text = json.dumps(stored.calibration)  # JSON is YAML, and goes through the same checks
    return read_calibration(parse_yaml(text, "calibration in the fit file"))


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
