"""What a model has to be in order to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray


class Tensor(msgspec.Struct, frozen=True):
    """An input or an output of a model.

    Attributes:
        datatype: One of the protocol's: see `datatypes`.
        shape: Size of each dimension; -1 for the batch.
        parameters: What else there is to know of it, for people; the protocol lets values be strings, numbers or
            booleans.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    parameters: dict[str, str] | UnsetType = UNSET


class Servable(Protocol):
    """One version of a model. Safe to ask from several threads at once."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def inputs(self) -> Sequence[Tensor]: ...

    @property
    def outputs(self) -> Sequence[Tensor]: ...

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Every output, by name, of all the inputs, by name.

        Args:
            inputs: Of the declared shapes, floats finite; of FP32 and FP64 either comes where one is declared.

        Raises:
            BadInput: The model cannot take them; the message is a sentence.
        """
