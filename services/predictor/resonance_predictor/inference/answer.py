"""An inference answer: from a model's arrays to the bytes of a body."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from resonance_predictor.inference.datatypes import BYTES, ELEMENTS
from resonance_predictor.inference.request import Asked, Wanted, parse
from resonance_predictor.inference.servable import Servable, Tensor

_ENCODER: Final = msgspec.json.Encoder()


class _Output(msgspec.Struct):
    name: str
    shape: tuple[int, ...]
    datatype: str
    parameters: dict[str, int] | UnsetType = UNSET
    data: list[Any] | UnsetType = UNSET


class _Response(msgspec.Struct):
    model_name: str
    model_version: str
    outputs: list[_Output]
    id: str | UnsetType = UNSET


class Answer(msgspec.Struct, frozen=True):
    """A body.

    Attributes:
        body: JSON, and after it the binary data of the outputs that have some.
        header_length: Bytes of the JSON; None where that is all.
    """

    body: bytes
    header_length: int | None


def ask(servable: Servable, body: bytes, header_length: str | None) -> Answer:
    """What a model answers to a request; arguments and errors are those of `request.parse`."""
    asked = parse(body, header_length, servable)
    return written(servable, asked, servable.infer(asked.inputs))


def written(servable: Servable, asked: Asked, results: Mapping[str, NDArray[Any]]) -> Answer:
    """The answer that has the wanted ones of some results, in the wanted order."""
    binary: list[bytes] = []
    outputs = [_output(wanted, results[wanted.tensor.name], binary) for wanted in asked.wanted]
    response = _Response(servable.name, servable.version, outputs, UNSET if asked.id is None else asked.id)
    head = _ENCODER.encode(response)
    if not any(wanted.binary for wanted in asked.wanted):
        return Answer(head, None)
    return Answer(b"".join((head, *binary)), len(head))


def _output(wanted: Wanted, array: NDArray[Any], binary: list[bytes]) -> _Output:
    tensor = wanted.tensor
    if not wanted.binary:
        return _Output(tensor.name, array.shape, tensor.datatype, data=array.reshape(-1).tolist())
    raw = _raw(tensor, array)
    binary.append(raw)
    return _Output(tensor.name, array.shape, tensor.datatype, {"binary_data_size": len(raw)})


def _raw(tensor: Tensor, array: NDArray[Any]) -> bytes:
    if tensor.datatype == BYTES:
        return _strings(array.reshape(-1).tolist())
    return array.astype(ELEMENTS[tensor.datatype].dtype, copy=False).tobytes()


def _strings(elements: Iterable[str]) -> bytes:
    """Each string in UTF-8 behind its number of bytes, a 32-bit little-endian integer."""
    encoded = [element.encode() for element in elements]
    return b"".join(struct.pack("<I", len(one)) + one for one in encoded)
