"""An inference request: from the bytes of a body to arrays, and to what is wanted back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from numpy.typing import NDArray

from resonance_predictor.errors import BadInput
from resonance_predictor.inference.servable import Servable, Tensor
from resonance_predictor.inference.tensors import ANY, check, from_binary, from_json

Parameters = dict[str, Any]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]

NOT_SERVED: Final = {
    "sequence_id": "models here keep nothing between requests: leave sequence_id out",
    "shared_memory_region": "shared memory is not supported: send the elements in the body",
    "classification": "classification is not supported: ask for the output without it",
}
"""Parameters of other servers' extensions that must not be passed over in silence."""

_NUMBER: Final = re.compile(r"[0-9]{1,15}")


class _Input(msgspec.Struct):
    name: str
    shape: list[Size]
    datatype: str
    parameters: Parameters | None = None
    data: msgspec.Raw = msgspec.Raw()


class _Output(msgspec.Struct):
    name: str
    parameters: Parameters | None = None


class _Request(msgspec.Struct):
    inputs: list[_Input]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[_Output] | None = None


_DECODER: Final = msgspec.json.Decoder(_Request)


class Wanted(msgspec.Struct, frozen=True):
    """An output that is wanted, and whether as binary data."""

    tensor: Tensor
    binary: bool


class Asked(msgspec.Struct, frozen=True):
    """What is asked of a model.

    Attributes:
        id: To be given back; None where there was none.
        inputs: Every input of the model, by name.
        wanted: Outputs, in the order they are wanted in.
    """

    id: str | None
    inputs: Mapping[str, NDArray[Any]]
    wanted: Sequence[Wanted]


def parse(body: bytes, header_length: str | None, servable: Servable) -> Asked:
    """Reads a request to a model.

    Args:
        body: JSON, and after it the binary data of the inputs that have some.
        header_length: Inference-Header-Content-Length: bytes of the JSON; None where that is all.

    Raises:
        BadInput: It is not what the protocol or the model wants.
    """
    length = _length(header_length, len(body))
    request = _decoded(body[:length])
    _served(request.parameters)
    arrays = _arrays(request.inputs, memoryview(body)[length:], servable)
    return Asked(request.id, arrays, _wanted(request, servable))


def _length(header_length: str | None, size: int) -> int:
    if header_length is None:
        return size
    if not (_NUMBER.fullmatch(header_length) and 0 < int(header_length) <= size):
        raise BadInput(
            "Inference-Header-Content-Length gives the bytes of the JSON at the beginning of the body, so it lies "
            f"between 1 and {size} here, but it is {header_length[:20]!r}."
        )
    return int(header_length)


def _decoded(text: bytes) -> _Request:
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The body is not an inference request: {error}.") from error


def _served(parameters: Parameters | None) -> None:
    for name in parameters or ():
        if name in NOT_SERVED:
            raise BadInput(f"The request has the parameter {name}, but {NOT_SERVED[name]}.")


def _arrays(given: Sequence[_Input], binary: memoryview, servable: Servable) -> dict[str, NDArray[Any]]:
    declared = {tensor.name: tensor for tensor in servable.inputs}
    _same_names("inputs", [one.name for one in given], servable.name, servable.inputs)
    if missing := declared.keys() - {one.name for one in given}:
        raise BadInput(f"{servable.name} takes {_described(servable.inputs)}; {', '.join(sorted(missing))} is missing.")
    arrays = {}
    for one in given:
        tensor, parameters = declared[one.name], one.parameters or {}
        _served(parameters)
        check(tensor, one.datatype, one.shape)
        size = parameters.get("binary_data_size")
        if size is None:
            arrays[one.name] = from_json(tensor, one.datatype, one.shape, _data(one))
        else:
            part, binary = _split(one.name, size, binary)
            arrays[one.name] = from_binary(tensor, one.datatype, one.shape, part)
    if len(binary):
        raise BadInput(f"{len(binary)} bytes are left in the body after the last input; no binary_data_size has them.")
    _one_batch(arrays, declared)
    return arrays


def _data(given: _Input) -> bytes:
    if not given.data:
        raise BadInput(f"{given.name} has neither data nor a binary_data_size: give one of them.")
    return bytes(given.data)


def _split(name: str, size: object, binary: memoryview) -> tuple[memoryview, memoryview]:
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= len(binary):
        raise BadInput(
            f"{name} has a binary_data_size of {str(size)[:20]}, but {len(binary)} bytes are left in the body after "
            "the JSON; Inference-Header-Content-Length says where that ends."
        )
    return binary[:size], binary[size:]


def _one_batch(arrays: Mapping[str, NDArray[Any]], declared: Mapping[str, Tensor]) -> None:
    sizes = {name: array.shape[0] for name, array in arrays.items() if declared[name].shape[:1] == (ANY,)}
    if len(set(sizes.values())) > 1:
        raise BadInput(f"All inputs are of one batch, but their first dimensions differ: {sizes}.")


def _wanted(request: _Request, servable: Servable) -> list[Wanted]:
    by_default = _flag(request.parameters, "binary_data_output", False)
    if not request.outputs:
        return [Wanted(tensor, by_default) for tensor in servable.outputs]
    declared = {tensor.name: tensor for tensor in servable.outputs}
    _same_names("outputs", [one.name for one in request.outputs], servable.name, servable.outputs)
    for one in request.outputs:
        _served(one.parameters)
    return [Wanted(declared[one.name], _flag(one.parameters, "binary_data", by_default)) for one in request.outputs]


def _flag(parameters: Parameters | None, name: str, otherwise: bool) -> bool:
    value = (parameters or {}).get(name, otherwise)
    if not isinstance(value, bool):
        raise BadInput(f"Expected the parameter {name} to be true or false, got {str(value)[:20]!r}.")
    return value


def _same_names(what: str, names: Sequence[str], model: str, declared: Sequence[Tensor]) -> None:
    known = {tensor.name for tensor in declared}
    for i, name in enumerate(names):
        if name not in known:
            raise BadInput(f"{model} has no {name[:100]!r} among its {what}: they are {_described(declared)}.")
        if name in names[:i]:
            raise BadInput(f"{name} is twice among the {what}: name it once.")


def _described(tensors: Iterable[Tensor]) -> str:
    return ", ".join(f"{tensor.name} ({tensor.datatype} {list(tensor.shape)})" for tensor in tensors)
