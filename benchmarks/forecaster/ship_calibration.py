"""Put what calibration.sh has learned into the constants that ship.

    python benchmarks/forecaster/ship_calibration.py OUTPUT.yaml

Entries of the methods in OUTPUT.yaml replace those of configs/calibration.yaml, with their
provenance; entries of other methods, and the fallback, stay as they are.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from scalepredict.evaluation.intervals.calibration_file import load_calibration

SHIPPED = Path(__file__).resolve().parents[2] / "configs" / "calibration.yaml"
SECTION = "stack and reference"
HOW = "sh benchmarks/forecaster/calibration.sh DATA_FOLDER OUTPUT.yaml, which is "


def shipped_with(learned: dict[str, Any], shipped: dict[str, Any]) -> dict[str, Any]:
    """The document that ships with entries of another one in place of its own."""
    provenance = {**learned["provenance"]}
    provenance["command"] = HOW + provenance["command"]
    return {
        **shipped,
        "provenance": {**shipped["provenance"], SECTION: provenance},
        "predictors": {**shipped["predictors"], **learned["predictors"]},
    }


def main() -> None:
    learned, shipped = (
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in (Path(sys.argv[1]), SHIPPED)
    )
    document = shipped_with(learned, shipped)
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=118)
    SHIPPED.write_text(text, encoding="utf-8")
    print(f"{SHIPPED.name}: {', '.join(learned['predictors'])}")
    load_calibration(SHIPPED)


if __name__ == "__main__":
    main()
