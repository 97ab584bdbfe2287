"""Which packages are installed? Every folder of the rooms, under the one name `scalepredict`."""

from pathlib import Path

from setuptools import setup

ROOMS = ("cli", "configs", "evaluation", "predictors", "records", "sample_data")
FOLDERS = sorted(str(path.parent) for room in ROOMS for path in Path(room).rglob("__init__.py"))

setup(
    packages=["scalepredict", *(f"scalepredict.{folder.replace('/', '.')}" for folder in FOLDERS)],
    package_dir={f"scalepredict.{room}": room for room in ROOMS} | {"scalepredict": "scalepredict"},
)
