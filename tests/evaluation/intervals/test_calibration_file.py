"""A calibration file is checked before it is believed: finite, rising, known."""

import json
from typing import Any

import pytest

from scalepredict.errors import ConfigError
from scalepredict.evaluation.intervals.calibration_file import (
    calibration_tree,
    load_calibration,
    read_calibration,
)
from scalepredict.records.text.yaml_text import parse_yaml


def tree() -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(calibration_tree(load_calibration())))
    return copy


def read(content: dict[str, Any]) -> None:
    read_calibration(parse_yaml(json.dumps(content).replace("Infinity", "1.0e+999"), "c.yaml"))


def test_what_was_written_is_read() -> None:
    read(tree())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("small_evidence", float("inf")),
        ("small_evidence", -1.0),
        ("suite_correlation", 1.5),
        ("suite_drift", float("inf")),
        ("reference_z2", float("inf")),
        ("reference_z2", 0.0),
        ("scale", {"binomial": float("inf")}),
        ("scale", {"binomal": 1.0}),
        ("quantiles", {"0.1": -1.0, "0.5": 0.0, "0.4": 1.0}),
        ("quantiles", [1, 2]),
    ],
)
def test_a_hostile_value_is_refused_with_its_place(field: str, value: object) -> None:
    content = tree()
    content["fallback"][field] = value
    with pytest.raises(ConfigError, match=rf"^c\.yaml:1:\d+: fallback\.{field}.*calibrate -o FILE"):
        read(content)
