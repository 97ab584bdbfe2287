"""The wheel holds every package folder of the checkout, under the one name `scalepredict`."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("cli", "configs", "evaluation", "predictors", "records", "sample_data")


def test_every_package_folder_is_listed() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {"scalepredict"}
    for room in ROOMS:
        for init in (ROOT / room).rglob("__init__.py"):
            found.add(".".join(["scalepredict", *init.parent.relative_to(ROOT).parts]))
    assert set(table["packages"]) == found
    assert set(table["package-dir"]) == found
