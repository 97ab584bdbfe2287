"""How is a JSON file of ours read? Strictly: no NaN, no key twice, no nesting beyond reason."""

import json
from typing import Any

from scalepredict.errors import ConfigError, ScalePredictError
from scalepredict.records.text.yaml_text import Document


def parse_json(
    content: bytes,
    source: str,
    *,
    advice: str = "",
    error: type[ScalePredictError] = ConfigError,
) -> Document:
    """Parse a JSON document; ``advice`` ends the sentence about one that is none.

    Raises:
        ConfigError: (or the given ``error``) It is no JSON document in UTF-8, or has a key twice.
    """
    try:
        value = json.loads(
            content, parse_constant=_refuse_constant, object_pairs_hook=_without_duplicates
        )
    except (ValueError, RecursionError) as problem:
        # Of what is no JSON at all, such as a table, its first letter tells nothing.
        where = f" ({problem})" if getattr(problem, "pos", 1) else ""
        raise error(f"{source}: is not a JSON document{where}. {advice}".rstrip()) from None
    return Document(value=value, source=source, lines={})


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a number in JSON")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r:.80} is there twice")
    return found
