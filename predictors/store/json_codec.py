"""How does a frozen dataclass of numbers become JSON and come back the same to the bit?

The type hints of the dataclass are the schema: float, int, str, bool, None, NumPy arrays of
floats, integers or booleans (any dimension), paths, tuples, mappings with text keys, unions with
None, and dataclasses of these. Python writes floats with the shortest digits that read back as the
same double. JSON has no NaN and no infinity: in a float field or array NaN is ``null``, infinity
is ``"inf"`` or ``"-inf"``. An empty array, whose shape nested lists cannot hold, is
``{"shape": [0, 3]}``. A float array of PACKED_FROM cells or more, which nobody reads, is its bytes
in base64, little-endian, in single precision where that loses nothing:
``{"shape": [200, 17], "float32": "mpkZ..."}``. Lists are read at any length.
"""

import base64
import math
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from scalepredict.errors import StorageError, did_you_mean
from scalepredict.records.notes import Note, told

_INFINITE = {"inf": math.inf, "-inf": -math.inf}
_LARGEST = sys.float_info.max
PACKED_FROM = 256
_PACKED = {"float32": "<f4", "float64": "<f8"}
_KIND = {"f": "floats", "i": "integers", "b": "true or false"}


def encode(value: Any, hint: Any) -> Any:
    """The JSON value of a Python value of type ``hint``.

    Raises:
        TypeError: The hint is none that can be stored, or the value is not of that type.
    """
    origin = get_origin(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        if type(value) is not hint:
            raise TypeError(f"expected {hint.__name__}, got {type(value).__name__}")
        hints = _field_hints(cast(Any, hint))
        return {name: encode(getattr(value, name), kind) for name, kind in hints.items()}
    if origin is np.ndarray:
        return _encode_array(np.asarray(value), _array_kind(hint))
    if origin in (Union, UnionType):
        return None if value is None else _refuse_nan(encode(value, _optional(hint)), value)
    if origin is tuple:
        return [encode(item, kind) for item, kind in _items(value, get_args(hint))]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_text(key): encode(item, get_args(hint)[1]) for key, item in value.items()}
    return _encode_scalar(value, hint)


def decode(value: Any, hint: Any, *, where: str) -> Any:
    """The Python value of type ``hint`` from its JSON value; ``where`` is its path in the document.

    Raises:
        StorageError: A field is unknown or missing, or a value is not of its type.
    """
    origin = get_origin(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return _decode_dataclass(value, hint, where)
    if origin is np.ndarray:
        return _decode_array(value, _array_kind(hint), where)
    if origin in (Union, UnionType):
        return None if value is None else decode(value, _optional(hint), where=where)
    if origin is tuple:
        return _decode_tuple(value, get_args(hint), where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _expect(isinstance(value, dict), value, "an object", where)
        kind = get_args(hint)[1]
        return {key: decode(item, kind, where=f"{where}.{key}") for key, item in value.items()}
    return _decode_scalar(value, hint, where)


def _encode_scalar(value: Any, hint: Any) -> Any:
    if get_origin(hint) is Literal and value in get_args(hint):
        return value
    if hint is float and isinstance(value, int | float | np.floating):
        number = float(value)
        if math.isinf(number):
            return "inf" if number > 0 else "-inf"
        return None if math.isnan(number) else number
    if hint is bool and isinstance(value, bool | np.bool_):
        return bool(value)
    if hint is int and isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    if hint is str and isinstance(value, str):
        return str(value)
    if hint is Path and isinstance(value, Path):
        return str(value)
    if hint in (None, NoneType) and value is None:
        return None
    raise TypeError(f"cannot store {type(value).__name__} as {hint}")


def _encode_array(array: NDArray[Any], kind: str) -> Any:
    if array.dtype.kind != kind:
        raise TypeError(f"cannot store an array of {array.dtype} as {_KIND[kind]}")
    if array.size == 0:
        return {"shape": list(array.shape)}
    if kind == "f" and array.size >= PACKED_FROM:
        return _pack(array)
    if kind != "f" or np.isfinite(array).all():
        return array.tolist()
    cells = array.astype(object)
    cells[np.isnan(array)] = None
    cells[np.isposinf(array)] = "inf"
    cells[np.isneginf(array)] = "-inf"
    return cells.tolist()


def _pack(array: NDArray[Any]) -> dict[str, Any]:
    array = np.where(np.isnan(array), np.nan, array)  # NaN has many bit patterns
    with np.errstate(over="ignore", under="ignore"):
        single = array.astype(np.float32)
    exact = np.array_equal(single.astype(np.float64), array, equal_nan=True)
    name = "float32" if exact else "float64"
    content = base64.b64encode(array.astype(_PACKED[name]).tobytes()).decode("ascii")
    return {"shape": list(array.shape), name: content}


def _decode_dataclass(value: Any, hint: Any, where: str) -> Any:
    if hint is Note and isinstance(value, str):  # version 0.1 stored sentences
        return told([value])[0]
    _expect(isinstance(value, dict), value, "an object", where)
    hints = _field_hints(hint)
    for name in value:
        if name not in hints:
            close = did_you_mean(name, hints)
            raise StorageError(
                f"{where} has an unknown field {name!r}{close}; it was written by another version "
                "or by hand. Fit again with this version."
            )
    optional = {f.name for f in fields(hint) if (f.default, f.default_factory) != (MISSING,) * 2}
    missing = [name for name in hints if name not in value and name not in optional]
    if missing:
        raise StorageError(f"{where} lacks the field {missing[0]!r}. Fit again with this version.")
    decoded = {n: decode(item, hints[n], where=f"{where}.{n}") for n, item in value.items()}
    try:
        return hint(**decoded)
    except ValueError as error:
        raise StorageError(f"{where} is inconsistent: {error}. Fit again.") from error


def _decode_array(value: Any, kind: str, where: str) -> NDArray[Any]:
    dtype = {"f": np.float64, "i": np.intp, "b": np.bool_}[kind]
    if isinstance(value, dict):
        return _unpack(value, kind, where).astype(dtype)
    try:
        cells = np.array(value, dtype=object)
    except ValueError:
        raise StorageError(f"{where} is a list of lists of different lengths.") from None
    flat = cells.ravel().tolist()
    allowed: dict[str, set[type]] = {"f": {float, int, NoneType, str}, "i": {int}, "b": {bool}}
    known = set(map(type, flat)) <= allowed[kind]
    texts = {cell for cell in flat if isinstance(cell, str)} if known else set()
    _expect(known and texts <= set(_INFINITE), value, f"an array of {_KIND[kind]}", where)
    _expect(kind == "b" or _within_range(flat, dtype), value, f"an array of {_KIND[kind]}", where)
    return cells.astype(dtype)


def _unpack(value: dict[str, Any], kind: str, where: str) -> NDArray[Any]:
    shape = value.get("shape")
    known = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    _expect(known, value, "an array with its shape", where)
    cells = math.prod(value["shape"])
    packed = [name for name in _PACKED if kind == "f" and name in value]
    if not packed:
        _expect(cells == 0, value, f"the shape of an empty array, or {_KIND[kind]}", where)
        return _shaped(np.empty(0), value["shape"], where)
    try:
        content = base64.b64decode(value[packed[0]], validate=True)
    except (TypeError, ValueError):
        raise StorageError(f"{where} is damaged: not base64. Fit again.") from None
    numbers = np.dtype(_PACKED[packed[0]])
    if len(content) != cells * numbers.itemsize:
        raise StorageError(
            f"{where} is damaged: {len(content)} bytes, and its shape {shape} needs "
            f"{cells * numbers.itemsize}. Fit again."
        )
    return _shaped(np.frombuffer(content, dtype=numbers), value["shape"], where)


def _shaped(flat: NDArray[Any], shape: list[int], where: str) -> NDArray[Any]:
    try:
        return flat.reshape(shape)
    except ValueError:  # 0 x 10^30, or more dimensions than NumPy has
        raise StorageError(
            f"{where} is damaged: no array has the shape {shape}. Fit again."
        ) from None


def _within_range(cells: list[Any], dtype: type[np.generic]) -> bool:
    largest = _LARGEST if dtype is np.float64 else np.iinfo(np.intp).max
    return all(abs(cell) <= largest for cell in cells if type(cell) in (int, float))


def _decode_tuple(value: Any, kinds: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    _expect(isinstance(value, list), value, "a list", where)
    if len(kinds) != 2 or kinds[1] is not ...:
        _expect(len(value) == len(kinds), value, f"a list of {len(kinds)} values", where)
    pairs = enumerate(_items(value, kinds))
    return tuple(decode(item, kind, where=f"{where}[{i}]") for i, (item, kind) in pairs)


def _decode_scalar(value: Any, hint: Any, where: str) -> Any:
    if hint is float:
        if value is None:
            return math.nan
        if isinstance(value, str) and value in _INFINITE:
            return _INFINITE[value]
        number = type(value) in (int, float) and abs(value) <= _LARGEST  # JSON reads 1e999 as inf
        _expect(number, value, "a number", where)
        return float(value)
    if hint is Path:
        _expect(isinstance(value, str), value, "a path", where)
        return Path(value)
    if get_origin(hint) is Literal:
        known = get_args(hint)
        _expect(value in known, value, f"one of {', '.join(map(str, known))}", where)
        return value
    names = {int: "an integer", bool: "true or false", str: "text", NoneType: "null"}
    kind = NoneType if hint is None else hint
    _expect(type(value) is kind, value, names.get(kind, str(kind)), where)
    return value


@cache
def _field_hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind)}


def _array_kind(hint: Any) -> str:
    dtype = get_args(get_args(hint)[1])[0]
    kind: str = np.dtype(dtype).kind
    if kind not in _KIND:
        raise TypeError(f"cannot store arrays of {dtype}")
    return kind


def _optional(hint: Any) -> Any:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    if len(kinds) != 1:
        raise TypeError(f"cannot store {hint}: only unions of one type with None")
    return kinds[0]


def _items(value: Any, kinds: tuple[Any, ...]) -> Any:
    if len(kinds) == 2 and kinds[1] is ...:
        return ((item, kinds[0]) for item in value)
    return zip(value, kinds, strict=True)


def _text(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"cannot store the key {key!r}: only text")
    return key


def _refuse_nan(encoded: Any, value: Any) -> Any:
    # In a field that may be None, null cannot also mean NaN.
    if encoded is None:
        raise TypeError(f"cannot store {value!r} in a field that may be None; use None")
    return encoded


def _expect(condition: bool, value: Any, wanted: str, where: str) -> None:
    if not condition:
        shown = repr(value) if len(repr(value)) <= 40 else repr(value)[:40] + "..."
        raise StorageError(f"{where} is {shown}, expected {wanted}. Fit again with this version.")
