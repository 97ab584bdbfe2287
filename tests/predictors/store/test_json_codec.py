"""Frozen dataclasses of numbers come back from JSON the same to the bit, or are refused."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from scalepredict.errors import StorageError
from scalepredict.predictors.store.json_codec import decode, encode


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inner:
    slope: float
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Everything:
    level: float
    steps: int
    flag: bool
    curve: NDArray[np.float64]
    index: NDArray[np.intp]
    mask: NDArray[np.bool_]
    pair: tuple[int, str]
    inner: tuple[Inner, ...]
    by_name: Mapping[str, Inner]


def everything(level: float, curve: NDArray[np.float64]) -> Everything:
    return Everything(
        level=level,
        steps=3,
        flag=True,
        curve=curve,
        index=np.array([[1, -2]]),
        mask=np.array([True, False]),
        pair=(7, "β"),
        inner=(Inner(slope=0.1, name="a"), Inner(slope=-0.0)),
        by_name={"x": Inner(slope=1e-320)},
    )


def through_json(value: Everything) -> Everything:
    text = json.dumps(encode(value, Everything), allow_nan=False)
    result = decode(json.loads(text), Everything, where="law")
    assert isinstance(result, Everything)
    return result


@given(
    st.floats(allow_nan=False),
    hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)),
)
@example(level=-np.inf, curve=np.array([[np.inf, -np.inf], [np.nan, -0.0]]))
def test_floats_come_back_to_the_bit_with_shape_nan_and_infinity(
    level: float, curve: NDArray[np.float64]
) -> None:
    back = through_json(everything(level, curve))
    assert math.copysign(1, back.level) == math.copysign(1, level)
    assert back.level == level
    assert back.curve.shape == curve.shape
    assert back.curve.dtype == curve.dtype
    nan = np.isnan(curve)
    assert (np.isnan(back.curve) == nan).all()
    assert back.curve[~nan].tobytes() == curve[~nan].tobytes()


def large(single: bool) -> NDArray[np.float64]:
    numbers = np.random.default_rng(0).standard_normal((20, 30))
    numbers = numbers.astype(np.float32).astype(np.float64) if single else numbers
    numbers[0, :4] = [np.nan, np.inf, -np.inf, -0.0]
    return numbers


@pytest.mark.parametrize(("single", "name", "size"), [(True, "float32", 4), (False, "float64", 8)])
def test_a_large_array_comes_back_to_the_bit_from_a_third_more_than_its_bytes(
    single: bool, name: str, size: int
) -> None:
    curve = large(single)
    packed = encode(everything(0.0, curve), Everything)["curve"]
    assert set(packed) == {"shape", name}
    assert len(packed[name]) == 600 * size * 4 / 3
    back = through_json(everything(0.0, curve)).curve
    assert back.tobytes() == curve.tobytes()
    assert back.flags.writeable  # as one read from a list
    curve[0, 0] = -np.nan  # another bit pattern of the same value
    assert encode(everything(0.0, curve), Everything)["curve"] == packed


def test_a_large_array_that_was_written_as_a_list_is_read() -> None:
    document = encode(everything(0.0, np.array([0.5])), Everything)
    back = decode({**document, "curve": [[0.1] * 300]}, Everything, where="law")
    assert back.curve.shape == (1, 300)


def test_a_number_too_large_for_single_precision_is_kept() -> None:
    curve = np.full(300, 1e300)
    assert (through_json(everything(0.0, curve)).curve == curve).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"float32": "?"}, "law.curve is damaged: not base64"),
        ({"float32": 3}, "law.curve is damaged: not base64"),
        ({"float32": "AAAA"}, "law.curve is damaged: 3 bytes, and its shape .* needs 2400"),
        ({"shape": [10**30]}, "law.curve is damaged: 2400 bytes"),
        ({"shape": [0, 10**30], "float32": ""}, "law.curve is damaged: no array has the shape"),
        ({"shape": [-20, -30]}, "law.curve is .*, expected an array with its shape"),
        ({"shape": None}, "expected an array with its shape"),
    ],
)
def test_a_damaged_large_array_is_refused(changes: dict[str, Any], message: str) -> None:
    document = encode(everything(0.0, large(True)), Everything)
    curve = {**document["curve"], **changes}
    with pytest.raises(StorageError, match=message):
        decode({**document, "curve": curve}, Everything, where="law")
    with pytest.raises(StorageError, match="expected"):
        decode({**document, "index": document["curve"]}, Everything, where="law")


def test_every_other_type_comes_back_as_it_was() -> None:
    value = everything(math.nan, np.array([0.5]))
    back = through_json(value)
    assert math.isnan(back.level)
    assert (back.steps, back.flag, back.pair) == (3, True, (7, "β"))
    assert (back.index == value.index).all()
    assert (back.index.dtype, back.mask.dtype) == (value.index.dtype, value.mask.dtype)
    assert (back.mask == value.mask).all()
    assert [(i.slope, i.name) for i in back.inner] == [(0.1, "a"), (-0.0, None)]
    assert back.by_name["x"].slope == 1e-320


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"sloep": 1.0},
            r"law\.inner\[1\] has an unknown field 'sloep' \(did you mean 'slope'\?\)",
        ),
        ({"slope": "0.5"}, r"law\.inner\[1\]\.slope is '0.5', expected a number"),
        ({"slope": True}, r"slope is True, expected a number"),
        ({"name": 3}, r"law\.inner\[1\]\.name is 3, expected text"),
    ],
)
def test_a_wrong_field_is_refused_with_its_path(change: dict[str, Any], message: str) -> None:
    document = encode(everything(1.5, np.array([0.5])), Everything)
    document["inner"][1].update(change)
    with pytest.raises(StorageError, match=message):
        decode(document, Everything, where="law")


def test_a_missing_field_is_refused_unless_it_has_a_default() -> None:
    assert decode({"slope": 2.0}, Inner, where="law").name is None
    with pytest.raises(StorageError, match="law lacks the field 'slope'"):
        decode({"name": "a"}, Inner, where="law")


@pytest.mark.parametrize(
    "curve",
    [
        *([[1.0], [1.0, 2.0]], ["1.0"], [True], "inf "),
        *({"shape": shape} for shape in ([2, 3], [-1, 0], [0, 10**30], [0] * 99)),
    ],
)
def test_what_is_no_array_of_floats_is_refused(curve: object) -> None:
    document = encode(everything(1.5, np.array([0.5])), Everything)
    with pytest.raises(StorageError, match=r"law\.curve is"):
        decode({**document, "curve": curve}, Everything, where="law")


def test_a_value_that_contradicts_its_hint_is_never_written() -> None:
    with pytest.raises(TypeError, match="cannot store str"):
        encode(everything("high", np.array([0.5])), Everything)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="may be None"):
        encode(math.nan, float | None)
