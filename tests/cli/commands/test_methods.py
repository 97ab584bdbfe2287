"""Every method is listed with its formula, what it needs and when it fails."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

from scalepredict.predictors import registry

Run = Callable[..., CompletedProcess[str]]


def test_every_method_tells_its_formula_and_when_it_fails(command: Run) -> None:
    listed = json.loads(command("methods", "--json").stdout)["methods"]
    assert tuple(row["name"] for row in listed) == registry.names()
    for row in listed:
        assert row["what"].endswith("."), row
        assert row["fails_when"].endswith("."), row
    (trend,) = (row for row in listed if row["name"] == "trend")
    assert trend["formula"] == "score(C) = a + b log C, cut to [0, 1]"
    assert trend["needs"] == "scores, compute"
    assert trend["fails_when"].startswith("the score leaves chance")
    (pooled,) = (row for row in listed if row["name"] == "observational")
    assert pooled["needs"] == "scores, several families"
