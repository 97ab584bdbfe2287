"""Write configs/schemas/, the JSON Schema of every document, from the types in the code.

    python benchmarks/project/schemas.py

A test says whether they are current.
"""

import json
from itertools import repeat
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from scalepredict.cli.schemas.backtest_schema import BacktestDocument
from scalepredict.cli.schemas.calibrate_schema import CalibrateDocument
from scalepredict.cli.schemas.check_schema import CheckDocument
from scalepredict.cli.schemas.clusters_schema import ClustersDocument
from scalepredict.cli.schemas.compare_schema import CompareDocument
from scalepredict.cli.schemas.fit_report_schema import FitReport
from scalepredict.cli.schemas.forecast_schema import ForecastDocument
from scalepredict.cli.schemas.isocost_schema import IsocostDocument
from scalepredict.cli.schemas.methods_schema import MethodsDocument
from scalepredict.cli.schemas.plan_schema import PlanDocument
from scalepredict.cli.schemas.scored_schema import ScoredDocument
from scalepredict.cli.schemas.select_schema import SelectDocument
from scalepredict.cli.schemas.validate_schema import ValidateDocument
from scalepredict.evaluation.forecast.registration import Registered
from scalepredict.predictors.store.fit_document import FitDocument

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "schemas"
WIDTH = 100
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES: dict[str, Any] = {
    "backtest/1": BacktestDocument,
    "calibrate/1": CalibrateDocument,
    "check/1": CheckDocument,
    "clusters/1": ClustersDocument,
    "compare/1": CompareDocument,
    "fit/1": FitDocument,
    "fit-report/1": FitReport,
    "forecast/2": ForecastDocument,
    "isocost/1": IsocostDocument,
    "methods/1": MethodsDocument,
    "plan/1": PlanDocument,
    "registered/1": Registered,
    "scored/1": ScoredDocument,
    "select/1": SelectDocument,
    "validate/1": ValidateDocument,
}


def schemas() -> dict[str, Any]:
    """The JSON Schema of each document, by the name of its file."""
    return {f"{kind.split('/')[0]}.schema.json": _schema(kind) for kind in TYPES}


def _schema(kind: str) -> dict[str, Any]:
    made = _plain(TypeAdapter(TYPES[kind]).json_schema())
    parts = {"$defs": made.pop("$defs")} if "$defs" in made else {}
    name = f"scalepredict.{kind}"
    return {"$schema": DIALECT, "$id": name, "title": name, **made, **parts}


def _plain(node: Any) -> Any:
    # As short as people write it, and the same by every version of pydantic that may be installed.
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {name: _plain(each) for name, each in node.items() if name != "properties"}
    if "properties" in node:
        found["properties"] = {key: _plain(each) for key, each in node["properties"].items()}
    if "properties" in node or "patternProperties" in node:
        found.setdefault("additionalProperties", False)
    if isinstance(found.get("title"), str):
        del found["title"]
    found.pop("propertyNames", None)
    if "description" in found:
        found["description"] = " ".join(found["description"].split())
    if found.get("additionalProperties") is True:
        del found["additionalProperties"]
    if "const" in found:
        found.pop("enum", None)
    if "const" in found or "enum" in found:
        found.pop("type", None)
    if len(found.get("allOf", ())) == 1:
        found |= found.pop("allOf")[0]
    return _nullable(found)


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    one, *others = node.get("anyOf", ({},))
    if others != [{"type": "null"}] or not {"type", "enum"} & one.keys():
        return node
    many = {"enum": [*one["enum"], None]} if "enum" in one else {"type": [one["type"], "null"]}
    return {**one, **many, **{name: each for name, each in node.items() if name != "anyOf"}}


def as_text(node: Any, indent: int = 0) -> str:
    """JSON whose short parts stand on one line."""
    line = json.dumps(node, ensure_ascii=False)
    if len(line) + indent <= WIDTH or not isinstance(node, dict | list) or not node:
        return line
    names = [f"{json.dumps(name)}: " for name in node] if isinstance(node, dict) else repeat("")
    parts = node.values() if isinstance(node, dict) else node
    inner = ",\n".join(
        " " * (indent + 2) + name + as_text(part, indent + 2)
        for name, part in zip(names, parts, strict=False)
    )
    first, last = "{}" if isinstance(node, dict) else "[]"
    return f"{first}\n{inner}\n{' ' * indent}{last}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, schema in schemas().items():
        (FOLDER / file).write_text(as_text(schema) + "\n", encoding="utf-8")
