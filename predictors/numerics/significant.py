"""How exact is a fitted number? To ten digits: the others differ between processors and libraries.

Linear algebra adds in another order on another kind of processor, and so do other versions of the
libraries: the last one or two of sixteen digits differ. What is rounded once, when it is fitted,
is the same everywhere, in memory as on disk.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np

from scalepredict.records.table import Floats

DIGITS = 10
# Read rather than computed: NumPy's own powers differ between its versions and processors.
POWERS = np.array([float(f"1e{exponent}") for exponent in range(301)])

T = TypeVar("T")


def significant(value: T) -> T:
    """The same value with all floats in it rounded to ten significant digits.

    Args:
        value: A number, an array of any shape, or a dataclass, mapping or tuple of such; all else
            is left as it is.
    """
    return cast(T, _rounded(value))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return _rounded_array(value)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(_rounded(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type) and not _of_records(value):
        own = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        new = {name: _rounded(item) for name, item in own.items()}
        changed = {name: item for name, item in new.items() if item is not own[name]}
        return replace(value, **changed) if changed else value
    return value


def _of_records(value: Any) -> bool:
    # What was measured stays as it was written: units are compared with those of other tables.
    return type(value).__module__.startswith("scalepredict.records")


def _rounded_array(values: Floats) -> Floats:
    # A whole number of ten digits over a power of ten is the double nearest to that decimal.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        power = DIGITS - 1 - np.floor(np.log10(np.abs(values)))
        usual = np.isfinite(power) & (np.abs(power) < len(POWERS))
        scale = POWERS[np.where(usual, np.abs(power), 0.0).astype(int)]
        rounded = np.where(
            power >= 0, np.rint(values * scale) / scale, np.rint(values / scale) * scale
        )
    return np.where(usual, rounded, values)
