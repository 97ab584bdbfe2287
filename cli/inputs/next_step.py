"""Which command comes next? One that works as it stands, for the last line on a terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from scalepredict.cli.inputs.options import command_text
from scalepredict.cli.inputs.present_fit import DEFAULT_FIT
from scalepredict.predictors.fit_families import Fit
from scalepredict.records.text.counts import format_count

STEP = 4.0  # an example of a larger model: this many times the largest


def after_fit(fit: Fit, stored_in: Path) -> str:
    """A forecast of a larger model; empty if no size is known."""
    sizes = [size for group in fit.groups for size in group.evidence.params.tolist()]
    if not sizes or np.isnan(sizes).all():
        return ""
    larger = format_count(STEP * float(np.nanmax(sizes)), digits=1)
    return command_text(["scalepredict", "forecast"], {"--params": [larger], **_fit(stored_in)})


def after_forecast(sizes: Mapping[str, Sequence[str]], fit_file: Path) -> str:
    """The same targets as a page; empty if there are none."""
    if not any(sizes.values()):
        return ""
    return command_text(["scalepredict", "report"], {**sizes, **_fit(fit_file)})


def _fit(file: Path) -> dict[str, list[str]]:
    return {} if file == DEFAULT_FIT else {"--fit": [str(file)]}
