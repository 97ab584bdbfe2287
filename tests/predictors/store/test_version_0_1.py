"""Fit files that version 0.1.0 wrote load, and forecast what that version forecast.

The files of ``version_0_1`` were written by it and never change; ``points.json`` holds its
forecasts.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from scalepredict.predictors.interface import Targets
from scalepredict.predictors.store.fit_file import load_fit
from scalepredict.records.choice import EvidenceChoice

FILES = Path(__file__).parent / "version_0_1"
POINTS = json.loads((FILES / "points.json").read_text(encoding="utf-8"))


def test_each_file_has_its_points() -> None:
    assert {path.stem for path in FILES.glob("*.json")} == {*POINTS, "points"}


@pytest.mark.parametrize("name", sorted(POINTS))
def test_a_file_forecasts_as_it_did(name: str) -> None:
    group = load_fit(FILES / f"{name}.json").fit.groups[0]
    params, tokens = np.array([7e9, 3e10]), np.array([2e11, 6e11])
    if name == "shots_0":
        params, tokens = np.array([6.9e9]), np.array([3e11])
    targets = Targets(
        family=(group.families[0],) * len(params),
        params=params,
        tokens=tokens,
        flops=6 * params * tokens,
        assumption=("",) * len(params),
    )
    assert group.law.forecast(targets).point == pytest.approx(
        np.array(POINTS[name]), abs=1e-12, nan_ok=True
    )


def test_options_that_were_kept_as_text_are_read_as_the_choice_they_were() -> None:
    choice = load_fit(FILES / "trend.json").provenance.choice
    assert choice == EvidenceChoice(families=("f0", "f1"))
    choice = load_fit(FILES / "shots_0.json").provenance.choice
    assert (choice.metrics, choice.up_to_params) == (("acc",), 2.8e9)
