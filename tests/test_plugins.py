"""A predictor and a format of another package work where it is installed, and only there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PREDICTOR = """
from dataclasses import dataclass
from typing import ClassVar
from scalepredict.predictors.interface import Frontier, make_forecast

@dataclass(frozen=True)
class HalfWayLaw:
    frontier: Frontier
    def forecast(self, targets):
        return make_forecast(targets, self.frontier, (1 + self.frontier.last) / 2)
    def notes(self) -> tuple[str, ...]:
        return ()

@dataclass(frozen=True)
class HalfWay:
    name: ClassVar[str] = "half_way"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False
    def fit(self, table, *, rng=None) -> HalfWayLaw:
        return HalfWayLaw(Frontier.of_table(table))

class Tally:
    kind: ClassVar[str] = "tally"
    def recognises(self, file):
        return file.name.endswith(".json") and "tally" in file.text()
    def read(self, file):
        raise NotImplementedError
"""
ENTRY_POINTS = """
[scalepredict.importers]
tally = half_way_plugin:Tally
[scalepredict.predictors]
half_way = half_way_plugin:HalfWay
"""
BROKEN = """
broken = half_way_plugin:Missing
misnamed = half_way_plugin:HalfWay
"""
FIT = """
import sys, scalepredict
from half_way_plugin import HalfWay
table = scalepredict.read_records(["r.csv"]).table
scalepredict.save_fit(scalepredict.fit(table, predictor=HalfWay()), "fit.json")
"""
LOAD = """
import scalepredict
(family,) = scalepredict.forecast(scalepredict.load_fit("fit.json"), params=8e9)
print(family.forecast.point.tolist())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Records, and a site folder with the installed package."""
    site = tmp_path / "site"
    info = site / "half_way_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "half_way_plugin.py").write_text(PREDICTOR)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: half-way-plugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    rows = [f"m{n},{n}B,100B,hellaswag,{0.3 + 0.1 * i:.1f}" for i, n in enumerate((1, 2, 4))]
    (tmp_path / "r.csv").write_text("\n".join(["model,params,tokens,benchmark,score", *rows, ""]))
    return tmp_path


def add_broken(folder: Path) -> None:
    (points,) = folder.glob("site/*/entry_points.txt")
    points.write_text(points.read_text() + BROKEN)


def run(folder: Path, code: str, *, installed: bool) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder / "site") if installed else ""}
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_plug_in_is_fitted_saved_loaded_and_refused_where_it_is_not_installed(
    folder: Path,
) -> None:
    done = run(folder, FIT, installed=True)
    assert done.returncode == 0, done.stderr
    done = run(folder, LOAD, installed=True)
    assert done.stdout == "[[0.75]]\n", done.stderr
    done = run(folder, LOAD, installed=False)
    assert done.returncode == 1
    assert "fit.json: predictor: there is no predictor 'half_way'" in done.stderr
    assert "or install the package that gives it" in done.stderr


def test_the_command_line_lists_completes_and_runs_a_plug_in(folder: Path) -> None:
    def command(*words: str, **more: str) -> str:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("scalepredict")), *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "site"), **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    listed = json.loads(command("methods", "--json"))["methods"]
    (mine,) = (row for row in listed if row["name"] == "half_way")
    assert mine["needs"] == "scores, compute"
    for name in ("fit", "backtest", "calibrate"):
        assert "two_step, half_way" in " ".join(command(name, "--help").split())
    words = {"COMP_WORDS": "scalepredict fit -p half", "COMP_CWORD": "3"}
    assert command(_SCALEPREDICT_COMPLETE="complete_bash", **words).split() == ["half_way"]
    command("fit", "r.csv", "-p", "half_way", "-q")
    (entry,) = json.loads(command("forecast", "--params", "8B", "--json", "-q"))["benchmarks"]
    assert entry["forecast"] == 0.75


def test_a_broken_plug_in_hides_no_method(folder: Path) -> None:
    add_broken(folder)
    code = "import sys; from scalepredict.__main__ import main; sys.argv[1:] = ['methods']; main()"
    done = run(folder, code, installed=True)
    assert done.returncode == 0, done.stderr
    assert "half_way: " in done.stdout
    assert "warning: package half-way-plugin gives 'broken' as scalepredict.predict" in done.stderr
    assert "predictor 'misnamed' of package half-way-plugin calls itself" in done.stderr


def test_names_of_plug_ins_are_known_and_broken_ones_are_told(folder: Path) -> None:
    add_broken(folder)
    code = """
from scalepredict.errors import RefusedError
from scalepredict.predictors.registry import plugin_names, predictor_type
from scalepredict.records.importers.registry import importers
print(plugin_names(), importers()[-1].kind)
print(predictor_type("half_way").__name__)
for name in ("broken", "misnamed"):
    try:
        predictor_type(name)
    except RefusedError as why:
        print(why)
"""
    done = run(folder, code, installed=True)
    first, kind, broken, misnamed = done.stdout.splitlines()
    assert first == "('broken', 'half_way', 'misnamed') tally"
    assert kind == "HalfWay"
    assert "package half-way-plugin gives 'broken'" in broken
    assert "predictor 'misnamed' of package half-way-plugin calls itself 'half_way'" in misnamed
