"""What does the fit file of a command line name? For the shell that completes a word."""

import json
from collections.abc import Iterator
from pathlib import Path

import typer

DEFAULT_FIT = Path("scalepredict.fit.json")


def families(context: typer.Context, incomplete: str) -> list[str]:
    """Its families that start so."""
    return [name for name in _names(context, "families") if name.startswith(incomplete)]


def benchmarks(context: typer.Context, incomplete: str) -> list[str]:
    """Its benchmarks that start so, as they are shown."""
    return [name for name in _names(context, "benchmarks") if name.startswith(incomplete)]


def _names(context: typer.Context, of: str) -> list[str]:
    # A shell waits for the answer, so the file is read as it is and its laws are not; what is no
    # fit file completes nothing.
    path = Path(context.params.get("fit_file") or DEFAULT_FIT)
    try:
        groups = json.loads(path.read_text(encoding="utf-8"))["groups"]
        names = [name for group in groups for name in _of_group(group, of)]
        return [name for name in dict.fromkeys(names) if isinstance(name, str)]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _of_group(group: dict[str, dict[str, list[dict[str, str]]]], of: str) -> Iterator[object]:
    if of == "families":
        yield from group["families"]
    else:
        for unit in group["evidence"]["units"]:
            yield unit.get("label") or unit["benchmark"]
