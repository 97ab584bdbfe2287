"""Ten digits of every fitted number, the rest of which differs between machines."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from scalepredict.predictors.numerics.significant import significant
from scalepredict.records.table import Floats, Unit

LADDER = Path(__file__).resolve().parents[3] / "sample_data" / "pythia_ladder.csv"


@dataclass(frozen=True, slots=True)
class Inner:
    values: Floats
    name: str


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner
    unit: Unit
    number: float
    parts: tuple[float, ...]
    count: int


def test_an_array_is_rounded_like_the_decimal_text_of_its_numbers() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000) * 10.0 ** rng.integers(-10, 20, 2000)
    decimal = np.array([float(f"{value:.10g}") for value in values])
    assert np.array_equal(significant(values), decimal)


def test_what_is_no_usual_number_stays() -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, 5e-324, 1e308])
    assert np.array_equal(significant(odd), odd, equal_nan=True)


def test_numbers_inside_are_rounded_and_measured_ones_are_not() -> None:
    third = 1 / 3
    unit = Unit(benchmark="b", chance=third)
    whole = Outer(Inner(np.array([third]), "n"), unit, third, (third,), 2)
    rounded = significant(whole)
    assert rounded.inner.values[0] == rounded.number == rounded.parts[0] == 0.3333333333
    assert rounded.unit.chance == third
    assert (rounded.inner.name, rounded.count) == ("n", 2)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["Prescott", "Haswell"])
def test_the_same_bytes_come_from_every_kind_of_processor(tmp_path: Path, kernel: str) -> None:
    made = []
    for core in ("Nehalem", kernel):
        folder = tmp_path / core
        folder.mkdir()
        printed = [
            subprocess.run(
                [sys.executable, "-P", "-m", "scalepredict", *words, "--json"],
                cwd=folder,
                capture_output=True,
                env={**os.environ, "OPENBLAS_CORETYPE": core},
                check=True,
            ).stdout
            for words in (
                ("fit", str(LADDER), "--up-to-params", "2.8B"),
                ("forecast", "--params", "12B"),
            )
        ]
        made.append([(folder / "scalepredict.fit.json").read_bytes(), *printed])
    assert made[0] == made[1]
