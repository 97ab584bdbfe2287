"""Prints the lowest versions that pyproject.toml allows, as constraints for pip.

A package that only another one asks for is held at a version of the same time.
"""

import re
import tomllib
from pathlib import Path

INDIRECT = [
    "click==8.2.1",  # typer 0.21 warns about its own calls of a later one; tests need stderr apart
    "pyparsing==3.1.1",  # matplotlib 3.8 calls names that a later one warns about
]


def lowest(pyproject: Path) -> list[str]:
    """``name==version`` for each requirement with a lower bound."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    found = (re.fullmatch(r"([\w-]+)>=([\w.]+)", line) for group in groups for line in group)
    return sorted({*INDIRECT, *(f"{match[1]}=={match[2]}" for match in found if match)})


if __name__ == "__main__":
    print("\n".join(lowest(Path(__file__).resolve().parents[2] / "pyproject.toml")))
