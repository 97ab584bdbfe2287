"""The wheel holds every package folder of the checkout, under the one name `scalepredict`."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("cli", "configs", "evaluation", "predictors", "records", "sample_data")


def test_every_package_folder_is_listed() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    found = {f"scalepredict.{'.'.join(f.relative_to(ROOT).parts)}": f for f in folders}
    found["scalepredict"] = ROOT / "scalepredict"
    assert set(table["packages"]) == set(found)
    assert {name: ROOT / folder for name, folder in table["package-dir"].items()} == found
    lacking = [str(folder) for folder in found.values() if not (folder / "__init__.py").exists()]
    assert not lacking


def test_every_room_of_the_checkout_is_a_package() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms == {*ROOMS, "scalepredict"}
