"""One input tensor: from JSON or binary data to an array, checked against what the model declares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import prod
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from resonance_predictor.errors import BadInput
from resonance_predictor.inference.datatypes import ELEMENTS, FLOATS
from resonance_predictor.inference.servable import Tensor

ANY: Final = -1
_NESTED: Final = re.compile(rb"\[\s*\[")


def check(tensor: Tensor, datatype: str, shape: Sequence[int]) -> None:
    """Checks what is said of an input.

    Raises:
        BadInput: Datatype or shape are not those that the model declares.
    """
    if datatype != tensor.datatype and not {datatype, tensor.datatype} <= FLOATS:
        accepted = " or ".join(sorted(FLOATS)) if tensor.datatype in FLOATS else tensor.datatype
        raise BadInput(f"Expected {tensor.name} to be {accepted}, got {datatype[:20]!r}.")
    if len(shape) != len(tensor.shape) or any(
        wanted not in (ANY, given) for wanted, given in zip(tensor.shape, shape, strict=True)
    ):
        raise BadInput(f"Expected {tensor.name} of shape {list(tensor.shape)}, -1 being any, got {list(shape)[:8]}.")


def from_json(tensor: Tensor, datatype: str, shape: Sequence[int], data: bytes) -> NDArray[Any]:
    """The array of an input, of its shape.

    Args:
        data: JSON array of its elements, flat or nested as the shape is.

    Raises:
        BadInput: They are not elements of the datatype, or not as many as the shape has.
    """
    try:
        elements = _elements(data, ELEMENTS[datatype].written, len(shape))
        array = _array(elements, ELEMENTS[datatype].dtype)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        fault = str(error)[:200]
        raise BadInput(f"The data of {tensor.name} are not {datatype} elements, flat or nested: {fault}.") from error
    nested = list(array.shape)
    if len(nested) > 1 and nested != list(shape):
        raise BadInput(f"The data of {tensor.name} are nested as {nested}, but its shape is {list(shape)}.")
    if array.size != prod(shape):
        raise BadInput(
            f"The data of {tensor.name} have {array.size} elements, but its shape {list(shape)} has {prod(shape)}."
        )
    return _finite(tensor, array.reshape(shape))


def from_binary(tensor: Tensor, datatype: str, shape: Sequence[int], data: memoryview) -> NDArray[Any]:
    """The array of an input, of its shape.

    Args:
        data: Elements in little-endian order, row by row.

    Raises:
        BadInput: There are not as many as the shape has, or one is not finite.
    """
    dtype = ELEMENTS[datatype].dtype
    if len(data) != prod(shape) * dtype.itemsize:
        raise BadInput(
            f"{tensor.name} has a binary_data_size of {len(data)}, but {prod(shape)} elements of {datatype} have "
            f"{prod(shape) * dtype.itemsize} bytes."
        )
    return _finite(tensor, np.frombuffer(data, dtype).reshape(shape))


def _array(elements: list[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype == np.float64:
        return np.array(elements, dtype)
    with np.errstate(over="ignore"):
        return np.array(elements, dtype)


def _finite(tensor: Tensor, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        raise BadInput(f"Elements of {tensor.name} must be finite in {array.dtype.name}, but that at {place} is not.")
    return array


def _elements(data: bytes, written: type, rank: int) -> list[Any]:
    """Flat, or nested as deep as the shape has dimensions."""
    return _decoder(written, rank if _NESTED.match(data) else 1).decode(data)


@cache
def _decoder(written: type, depth: int) -> msgspec.json.Decoder[list[Any]]:
    kind: Any = written
    for _ in range(depth):
        kind = list[kind]
    return msgspec.json.Decoder(kind)
