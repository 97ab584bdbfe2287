"""How is YAML read? Safely, without YAML 1.1's surprises, and with the position of every value.

PyYAML reads ``no`` as False, ``1:30`` as 90, ``012`` as 10 and ``6e24`` as text. Here plain scalars
follow the core schema of YAML 1.2 (null, true, false, decimal numbers, else text), a duplicate key
is refused, and aliases cannot grow a small file into a large one.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from scalepredict.errors import ConfigError, ScalePredictError

MAX_DEPTH = 50
MAX_GROWTH = 10  # values after aliases are followed, for each value that is written

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_CONSTANTS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_CONSTANTS |= {"true": True, "True": True, "TRUE": True}
_CONSTANTS |= {"false": False, "False": False, "FALSE": False}

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed YAML file.

    Attributes:
        value: Mappings, lists, text, numbers, booleans and None.
        source: Name of the file, for messages.
        lines: Line and column (from 1) of each value, by its path from the root.
    """

    value: Any
    source: str
    lines: Mapping[Path_, tuple[int, int]]

    def where(self, *path: str | int) -> str:
        """``file:line:column`` of a value, or of its closest recorded parent."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                line, column = self.lines[path[:end]]
                return f"{self.source}:{line}:{column}"
        return self.source

    def line(self, *path: str | int) -> int:
        """Line of a value, from 1."""
        return self.lines[path][0]


def parse_yaml(text: str, source: str, *, error: type[ScalePredictError] = ConfigError) -> Document:
    """Parse YAML text.

    Raises:
        ConfigError: (or the given ``error``) The text is no YAML, has a duplicate key, or is
            nested or repeated beyond reason.
    """
    try:
        n_written = _count_values(text, source, error)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as problem:
        raise error(_syntax_message(problem, source)) from problem
    lines: dict[Path_, tuple[int, int]] = {}
    value = (
        None
        if root is None
        else _Builder(source, error, lines, MAX_GROWTH * n_written).build(root, ())
    )
    return Document(value=value, source=source, lines=lines)


def load_yaml(path: str | Path) -> Document:
    """Read a YAML file of the user.

    Raises:
        ConfigError: The file is missing, not UTF-8, or not understood.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{path}: not UTF-8 text; save the file as UTF-8.") from problem
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be read ({problem.strerror}).") from problem
    return parse_yaml(text, str(path))


@cache
def load_shipped(name: str) -> Document:
    """Read a YAML file that ships in ``scalepredict.configs``, e.g. ``benchmarks.yaml``."""
    text = files("scalepredict.configs").joinpath(name).read_text(encoding="utf-8")
    return parse_yaml(text, f"configs/{name}")


def _count_values(text: str, source: str, error: type[ScalePredictError]) -> int:
    # Composing is recursive, in C without a limit; the events before it are not.
    depth = count = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise error(_too_deep(source))
        count += 1
    return count


class _Builder:
    """Turns a tree of nodes into values; counts what it visits."""

    def __init__(
        self,
        source: str,
        error: type[ScalePredictError],
        lines: dict[Path_, tuple[int, int]],
        limit: int,
    ) -> None:
        self.source, self.error, self.lines, self.limit = source, error, lines, limit

    def build(self, node: yaml.Node, path: Path_) -> Any:
        self.lines[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if len(self.lines) > self.limit or len(path) > MAX_DEPTH:
            raise self.error(
                f"{self._at(node)}: aliases repeat this more than {MAX_GROWTH} times over; write "
                "it without aliases."
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        result: dict[str, Any] = {}
        seen: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.error(f"{self._at(key_node)}: a key must be text.")
            key = key_node.value
            if key in seen:
                raise self.error(
                    f"{self._at(key_node)}: duplicate key {key!r}, first at line "
                    f"{seen[key].start_mark.line + 1}; keep one of them."
                )
            seen[key] = key_node
            result[key] = self.build(value_node, (*path, key))
        return result

    def _scalar(self, node: yaml.Node) -> Any:
        text: str = node.value
        if getattr(node, "style", None) in ("'", '"', "|", ">"):
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _NUMBER.fullmatch(text):
            whole = text.lstrip("+-").isdecimal() and len(text) < sys.float_info.max_10_exp
            return int(text) if whole else float(text)
        return text

    def _at(self, node: yaml.Node) -> str:
        return f"{self.source}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _syntax_message(problem: yaml.YAMLError, source: str) -> str:
    mark = getattr(problem, "problem_mark", None)
    where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
    what = getattr(problem, "problem", None) or str(problem).splitlines()[0]
    if "nesting depth" in what:  # libyaml reads ahead, and newer ones stop at a depth of their own
        return _too_deep(source)
    return f"{where}: not valid YAML: {what}."


def _too_deep(source: str) -> str:
    return f"{source}: nested deeper than {MAX_DEPTH} levels; flatten it."
