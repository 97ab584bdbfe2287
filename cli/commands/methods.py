"""`scalepredict methods`: which methods are there, and when is each of use?"""

import inspect
import re
from typing import TYPE_CHECKING

from scalepredict.cli.inputs.options import Output
from scalepredict.cli.inputs.parameters import command
from scalepredict.cli.views.render import Sheet, emit
from scalepredict.errors import RefusedError
from scalepredict.records.notes import noted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scalepredict.cli.schemas.methods_schema import MethodDocument, MethodsDocument

_SECTION = r"^{name}: (.*(?:\n(?=\S|    ).*)*)"


@command
def methods(shown: Output) -> None:
    """List the methods, those of installed plug-ins among them.

    Each with its formula, what it needs, and when it fails; --predictor takes the names.

    Example: scalepredict methods --json
    """
    # Imported here: `--help` must not pay for NumPy and SciPy.
    from scalepredict.predictors import registry

    rows, broken = [], []
    for name in registry.available():
        try:
            rows.append(_row(name))
        except RefusedError as why:  # others are of use all the same
            broken.append(noted("plug-in-broken", str(why)))
    shown.voice.tell(broken)
    document: MethodsDocument = {"schema": "scalepredict.methods/1", "methods": rows}
    emit(
        shown.shape,
        sheets=[
            Sheet(
                title=f"{row['name']}: {row['what']}",
                header=("", ""),
                align="ll",
                rows=(
                    ("formula", row["formula"]),
                    ("needs", row["needs"]),
                    ("fails when", row["fails_when"]),
                ),
            )
            for row in rows
        ],
        rows=rows,
        document=document,
    )


def _row(name: str) -> "MethodDocument":
    from scalepredict.predictors.registry import predictor_type

    kind = predictor_type(name)
    text = inspect.getdoc(inspect.getmodule(kind)) or inspect.getdoc(kind) or ""
    formula = re.findall(r"^ {4,}(\S.*)$", text.partition("Source:")[0], re.MULTILINE)
    fails = re.search(_SECTION.format(name="Fails when"), text, re.MULTILINE)
    needs = {
        "scores": True,
        "compute": kind.needs_compute,
        "several families": kind.pools_families,
        "questions": kind.reads_tasks,
    }
    return {
        "name": name,
        "what": text.splitlines()[0].partition(": ")[2] or text.splitlines()[0] if text else "",
        "formula": _joined(formula),
        "needs": ", ".join(need for need, is_so in needs.items() if is_so),
        "fails_when": " ".join(fails[1].split()).replace("``", "`") if fails else "",
    }


def _joined(lines: "Sequence[str]") -> str:
    # A line that holds an equation of its own begins one; any other goes on with the last.
    formula = ""
    for line in (" ".join(each.split()) for each in lines):
        between = "; " if " = " in line and not formula.endswith(",") else " "
        formula += between + line if formula else line
    return formula
