"""How do options reach a command? As frozen dataclasses, which one decorator lays out for Typer.

A command takes groups of options: frozen dataclasses whose fields are annotated with a
``typer.Option`` or ``typer.Argument``, and may be groups themselves. Options of one command alone
are annotated arguments of its function. A field ``tuple[X, ...]`` is an option that repeats.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from inspect import Parameter, Signature, signature
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typer
from typer.models import OptionInfo

from scalepredict.cli.inputs.places import check_written
from scalepredict.errors import RefusedError

HEADINGS = ("Records", "Method", "Target", "Cost", "Output")
RECORDS, METHOD, TARGET, COST, OUTPUT = HEADINGS

_METAVARS = {Path: "FILE", str: "NAME", int: "N", float: "N"}
_Field = tuple[str, Any, Any]  # name, annotation, default


def command(function: Callable[..., None]) -> Callable[..., None]:
    """A command whose signature is the options of all groups that the function takes."""
    hints = get_type_hints(function, include_extras=True)
    taken = [(p.name, hints[p.name], p.default) for p in signature(function).parameters.values()]

    flat = list(_flat(taken, None))

    def run(**given: Any) -> None:
        with _traced(given.get("verbose", 0) > 1):
            written, read = _places(flat, given)
            check_written(written, read)
            if sum(str(path) == "-" for path in read) > 1:
                raise RefusedError(
                    "- is stdin, which can be read once, and several inputs are named so; name "
                    "the files of the others."
                )
            function(**{name: _value(name, hint, given) for name, hint, _ in taken})

    run.__name__, run.__doc__, run.__module__ = (
        function.__name__,
        function.__doc__,
        function.__module__,
    )
    run.__annotations__ = {}
    run.__signature__ = Signature(flat)  # type: ignore[attr-defined]
    return run


def _flat(taken: Iterable[_Field], heading: str | None) -> Iterator[Parameter]:
    for name, hint, default in taken:
        if is_dataclass(hint):
            yield from _flat(_fields_of(hint), getattr(hint, "HEADING", heading))
        else:
            yield Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                default=None if default == () else default,
                annotation=_for_typer(hint, heading, optional=default is not Parameter.empty),
            )


def _fields_of(group: Any) -> list[_Field]:
    hints = get_type_hints(group, include_extras=True)
    return [
        (f.name, hints[f.name], Parameter.empty if f.default is MISSING else f.default)
        for f in fields(group)
    ]


def _value(name: str, hint: Any, given: Mapping[str, Any]) -> Any:
    if is_dataclass(hint):
        inside = {n: _value(n, h, given) for n, h, _ in _fields_of(hint)}
        return hint(**inside)  # type: ignore[operator]
    return tuple(given[name] or ()) if _repeats(hint) else given[name]


def _for_typer(hint: Any, heading: str | None, *, optional: bool) -> Any:
    kind, told = get_args(hint)
    told = copy(told)
    told.rich_help_panel = told.rich_help_panel or heading
    told.metavar = told.metavar or _metavar(kind, told)
    if _repeats(hint):
        (element, _) = get_args(kind)
        kind = list[element] | None if optional else list[element]  # type: ignore[valid-type]
    return Annotated[kind, told]


def _repeats(hint: Any) -> bool:
    return get_origin(get_args(hint)[0]) is tuple


def _places(options: Iterable[Parameter], given: Mapping[str, Any]) -> tuple[list[Path], ...]:
    # A file under the heading Output is written; every other one is read.
    written: list[Path] = []
    read: list[Path] = []
    for option in options:
        told = get_args(option.annotation)[1]
        values = given[option.name]
        for value in values if isinstance(values, list | tuple) else [values]:
            if option.name == "sources" and value.is_dir():
                continue  # import leaves its own output out of what it reads of a folder
            if isinstance(value, Path):
                (written if told.rich_help_panel == OUTPUT else read).append(value)
            elif isinstance(value, str) and (told.metavar or "").endswith(("FILE", "=PATH")):
                written.append(Path(value.rpartition("=")[2] if "=" in told.metavar else value))
    return written, read


def _metavar(kind: Any, told: Any) -> str | None:
    if get_origin(kind) in (tuple, Union, UnionType):
        kind = get_args(kind)[0]
    if kind is bool or (isinstance(told, OptionInfo) and told.count):
        return None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(member.value) for member in kind)
    return _METAVARS[kind]


@contextmanager
def _traced(wanted: bool) -> Iterator[None]:
    # The sentence about the failure is said by main(), which every failure reaches.
    try:
        yield
    except (typer.Exit, typer.BadParameter, BrokenPipeError):
        raise
    except Exception:
        if wanted:
            traceback.print_exc()
        raise
