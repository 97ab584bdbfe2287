"""Every folder of code is a package, and the tests run on this checkout alone."""

from pathlib import Path

import scalepredict

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("cli", "configs", "evaluation", "predictors", "records", "sample_data")


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_every_room_of_the_checkout_is_a_package() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == {*ROOMS, "scalepredict"}


def test_what_is_tested_is_this_checkout() -> None:
    assert Path(scalepredict.__file__).resolve().parents[1] == ROOT
