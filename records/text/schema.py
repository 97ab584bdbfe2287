"""Does a YAML file say what it may? Pydantic checks it; the answer names file, line and column."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ValidationError

from scalepredict.errors import ConfigError, CountError, ScalePredictError
from scalepredict.records.text.counts import count_of, parse_count
from scalepredict.records.text.yaml_text import Document

Model = TypeVar("Model", bound=BaseModel)


MOST_TOLD = 10  # mistakes; who wrote more has one misunderstanding, or no such file
_LIST = "a list; write it like `[one, two]`"
_EXPECTED = {
    "dict_type": "a mapping of names; write it like `{name: value}`",
    "model_type": "a mapping of its fields; write it like `{field: value}`",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "string_type": "text; put it in quotes",
}


def _count(value: object) -> float:
    if not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} is not a count; write it like 70B, 1.5T or 6e24")
    try:
        return parse_count(value)
    except CountError as error:
        raise ValueError(str(error).rstrip(".")) from error


Count = Annotated[float, BeforeValidator(_count)]
"""A positive count with an optional suffix: 70B, 1.5T, 6e24."""


def validated(
    document: Document,
    model: type[Model],
    *,
    advice: str = "",
    error: type[ScalePredictError] = ConfigError,
) -> Model:
    """The content of a document as ``model``; ``advice`` ends each sentence about a mistake.

    Raises:
        ConfigError: (or the given ``error``) One line for each of the first mistakes: position,
            key, value and what is accepted; and how many more there are.
    """
    refuse_other(document, _schemas(model), advice=advice, error=error)
    try:
        return model.model_validate(document.value if document.value is not None else {})
    except ValidationError as found:
        mistakes = found.errors()
        lines = [
            " ".join(filter(None, (_sentence(document, model, dict(mistake)), advice)))
            for mistake in mistakes[:MOST_TOLD]
        ]
        if len(mistakes) > MOST_TOLD:
            more = count_of(len(mistakes) - MOST_TOLD, "more mistake")
            lines.append(f"{document.source}: {more}.")
        raise error("\n".join(lines)) from found


def refuse_other(
    document: Document,
    accepted: Sequence[str] = (),
    *,
    wanted: str = "",
    advice: str = "",
    error: type[ScalePredictError] = ConfigError,
) -> None:
    """Refuse another document of scalepredict than the one that is read, in one sentence.

    Args:
        document: What was read.
        accepted: Schemas of which any version is no other document.
        wanted: What is read, in words.
        advice: What ends the sentence.
        error: What to raise.

    Raises:
        ConfigError: (or the given ``error``) Its schema is that of another kind of document.
    """
    schema = document.value.get("schema") if isinstance(document.value, dict) else None
    if not isinstance(schema, str) or not schema.startswith("scalepredict."):
        return
    if schema.partition("/")[0] not in {one.partition("/")[0] for one in accepted}:
        other = f", not {wanted or ' or '.join(accepted)}" if wanted or accepted else ""
        end = f" {advice}" if advice else ""
        raise error(
            f"{document.source}: is a {schema!r:.60} document{other}; name another file here.{end}"
        )


def _schemas(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(
        value
        for name, field in model.model_fields.items()
        if "schema" in (name, field.alias)
        for value in _values_in(field.annotation)
        if isinstance(value, str)
    )


def _values_in(annotation: object) -> list[object]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [value for inner in get_args(annotation) for value in _values_in(inner)]


def _sentence(document: Document, model: type[BaseModel], mistake: dict[str, object]) -> str:
    place = mistake["loc"]
    assert isinstance(place, tuple)
    where = document.where(*place)
    name = ".".join(f"[{part}]" if isinstance(part, int) else str(part) for part in place)
    name = name.replace(".[", "[") or "the file"
    if mistake["type"] == "extra_forbidden":
        known = _keys_beside(model, place)
        close = get_close_matches(str(place[-1]), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}."
        return f"{where}: {name}: unknown key; {hint}"
    if mistake["type"] in _EXPECTED:
        return (
            f"{where}: {name}: {mistake['input']!r:.60} is not {_EXPECTED[str(mistake['type'])]}."
        )
    message = str(mistake["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if mistake["type"] == "missing":
        message = "is missing"
    return f"{where}: {name}: {message}{_given(mistake)}."


def _given(mistake: dict[str, object]) -> str:
    # Our own checks tell the value themselves.
    value = mistake.get("input")
    if mistake["type"] == "value_error" or not isinstance(value, str | int | float):
        return ""
    return f", not {repr(value)[:80]}"


def _keys_beside(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    current: type[BaseModel] = model
    for part in place[:-1]:
        field = current.model_fields.get(str(part)) if isinstance(part, str) else None
        for candidate in _models_in(field.annotation if field else None):
            current = candidate
    return [field.alias or name for name, field in current.model_fields.items()]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in getattr(annotation, "__args__", ()) for found in _models_in(inner)]
