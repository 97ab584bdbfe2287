"""Every JSON document obeys its schema, and the schemas are those of the types in the code."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import typer

from scalepredict.cli.app import app
from tests.conftest import SCHEMAS, Run, valid

ROOT = Path(__file__).resolve().parents[2]
LADDER = str(ROOT / "sample_data" / "pythia_ladder.csv")
PUBLIC = str(ROOT / "sample_data" / "public_models.csv")
RUNS = str(ROOT / "sample_data" / "pythia_checkpoints.csv.gz")
FIT = ("fit", LADDER, "--up-to-params", "2.8B", "-p", "trend", "-q")
PLANNED = ("fit", LADDER, "--up-to-params", "410M", "-p", "trend", "-q")
HINT = "run: make schemas"
MADE: dict[str, tuple[tuple[str, ...], ...]] = {
    "backtest": (("backtest", LADDER, "-p", "last", "--by", "benchmark", "--json"),),
    "calibrate": (("calibrate", "two.csv", "-p", "last", "-o", "c.yaml", "--json"),),
    "check": (("check", "run.csv", "--until", "20B", "--json"),),
    "clusters": (
        ("simulate", "mid", "--questions", "300", "-o", "items.csv"),
        ("clusters", "items.csv", "--flops", "1e25", "--json"),
    ),
    "compare": (("compare", "f", "g", "two.csv", "--json"),),
    "fit-report": (("fit", PUBLIC, "-p", "last", "--json"),),
    "forecast": (
        ("fit", RUNS, "--up-to-params", "2.8B", "-p", "trend", "-q"),
        ("forecast", "--params", "12B", "--measured", RUNS, "--trajectory", "--json"),
    ),
    "methods": (("methods", "--json"),),
    "plan": (PLANNED, ("plan", "--params", "12B", "--gpu", "h100", "--budget", "2e21", "--json")),
    "isocost": (
        PLANNED,
        ("plan", "--params", "2B", "--tokens", "300B", "--serve", "1T", "--json"),
    ),
    "registered": (FIT, ("register", "--params", "12B", "-o", "r.json")),
    "scored": (
        FIT,
        ("register", "--params", "12B", "-o", "r.json"),
        ("score", "r.json", "--measured", LADDER, "--json"),
    ),
    "select": (("select", PUBLIC, "--models", "6", "--json"),),
    "validate": (("validate", LADDER, "--json"),),
    "fit": (FIT,),
}


@pytest.fixture(scope="module")
def made() -> ModuleType:
    """The program that makes the schemas."""
    script = ROOT / "benchmarks" / "project" / "schemas.py"
    spec = importlib.util.spec_from_file_location("schemas", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_schemas_are_those_of_the_types(made: ModuleType) -> None:
    written = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.json")
    }
    assert written == made.schemas(), HINT


def test_a_schema_allows_no_field_that_its_type_does_not_have(made: ModuleType) -> None:
    for name, schema in made.schemas().items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for part in _objects(schema):
            assert part["additionalProperties"] is False, name


def test_every_command_that_prints_json_has_a_document() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    printing = {
        name
        for name, command in commands.items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert printing == {calls[-1][0] for calls in MADE.values() if "--json" in calls[-1]}


def test_every_schema_has_a_document() -> None:
    assert {f"{kind}.schema.json" for kind in MADE} == {path.name for path in SCHEMAS.glob("*")} - {
        "__init__.py",
        "__pycache__",
    }


def two_families() -> str:
    """Seven sizes a factor of 3 apart of each of two recipes, on three benchmarks that rise."""
    rows = [
        f"{family},{family}-{i},{2e7 * 3**i:.0f},1e11,b{t},"
        f"{0.3 + 0.06 * i + 0.01 * ((5 * i + 3 * t + better) % 7):.3f},1000,0.25"
        for better, family in enumerate("fg")
        for i in range(7)
        for t in range(3)
    ]
    return "\n".join(["family,model,params,tokens,benchmark,score,n_items,chance", *rows, ""])


def run() -> str:
    """Twelve checkpoints of one run, the last of them off the trend of the others."""
    rows = [
        f"f,f-0,1e9,{1e9 * (i + 1):.0f},b{t},{0.3 + 0.02 * i - 0.2 * (i == 11 and t == 0):.3f}"
        for i in range(12)
        for t in range(3)
    ]
    return "\n".join(["family,model,params,tokens,benchmark,score", *rows, ""])


@pytest.mark.parametrize("kind", MADE)
def test_a_document_obeys_its_schema(kind: str, command: Run, tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text(two_families())
    (tmp_path / "run.csv").write_text(run())
    for call in MADE[kind]:
        done = command(*call)
        assert done.returncode in (0, 1), done.stderr
    text = done.stdout
    if "-o" in call and "--json" not in call:
        text = (tmp_path / call[call.index("-o") + 1]).read_text()
    if kind == "fit":
        text = (tmp_path / "scalepredict.fit.json").read_text()
    documents = valid(text)
    for document in documents if isinstance(documents, list) else [documents]:
        assert document["schema"].partition("/")[0] == f"scalepredict.{kind}"


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield node
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _objects(part)
