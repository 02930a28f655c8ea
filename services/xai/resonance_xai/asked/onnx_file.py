"""Any ONNX model with a table of numbers as its input: what it takes, and which number of its answer is explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from resonance_modeling.errors import ForbiddenModel, InvalidArtifact
from resonance_modeling.inspection import inspect
from resonance_modeling.session import session
from resonance_xai.asked.errors import UnusableModel, WrongQuestion

Floats = NDArray[np.float64]

_TYPES: Final[Mapping[str, Any]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
}
_NUMBERS: Final = frozenset({"tensor(float)", "tensor(double)"})
_LABELS: Final = frozenset({"tensor(int64)", "tensor(string)"})
_MAPS: Final = "seq(map("
_SUM_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a model says of n rows.

    Attributes:
        numbers: Shape (n, outputs).
        names: Of the outputs: the classes of a classifier.
        probabilities: Whether they are probabilities of classes, which add up to 1.
    """

    numbers: Floats
    names: tuple[str, ...]
    probabilities: bool


class OnnxTable:
    """A model file, loaded; safe to share between threads.

    Attributes:
        version: SHA-256 of the file, hexadecimal.
        width: Columns of its input; None where the file leaves it open.
    """

    def __init__(self, data: bytes) -> None:
        """Checks and loads a file. Raises UnusableModel."""
        try:
            inspect(data)
            self._session = session(data)
        except (ForbiddenModel, InvalidArtifact) as error:
            raise UnusableModel(str(error)) from error
        self.version = sha256(data).hexdigest()
        self._input, self._dtype, self.width = _input_of(self._session.get_inputs())
        self._numbers, self._is_map, self._labelled = _outputs_of(self._session.get_outputs())

    def run(self, rows: Floats) -> Outputs:
        """What it says of rows, (n, width).

        Raises:
            UnusableModel: ONNX Runtime fails, or the answer has not one number or more for each row.
        """
        try:
            (found,) = self._session.run([self._numbers], {self._input: np.ascontiguousarray(rows, dtype=self._dtype)})
        except Exception as error:  # ONNX Runtime's own exceptions derive from Exception and RuntimeError alike
            raise UnusableModel(f"The model does not take these rows of {rows.shape[1]} values: {error}.") from error
        if self._is_map:
            classes = sorted(found[0]) if found else []
            numbers = np.array([[row[one] for one in classes] for row in found], dtype=np.float64)
            return Outputs(numbers, tuple(map(str, classes)), _are_probabilities(numbers))
        numbers = np.asarray(found, dtype=np.float64)
        if not numbers.size or not numbers.ndim or len(numbers) != len(rows):
            raise UnusableModel(
                f"Expected one answer for each of {len(rows)} rows, but output {self._numbers!r} has the shape "
                f"{numbers.shape}."
            )
        numbers = numbers.reshape(len(rows), -1)
        count = numbers.shape[1]
        names = tuple(map(str, range(count))) if count > 1 else (self._numbers,)
        return Outputs(numbers, names, self._labelled and count > 1 and _are_probabilities(numbers))


def place_of(outputs: Outputs, wanted: str | None, classes: Sequence[str] = ()) -> int:
    """Place of the output that is explained: the wanted one; without a wish, that which is largest for the first row.

    Raises:
        WrongQuestion: There is none of that name.
    """
    names = list(classes) if len(classes) == len(outputs.names) else list(outputs.names)
    if wanted is None:
        return int(outputs.numbers[0].argmax())
    for known in (names, list(outputs.names)):
        if wanted in known:
            return known.index(wanted)
    raise WrongQuestion(f"The model has no class {wanted[:100]!r}; expected one of {', '.join(names)}.")


def _are_probabilities(numbers: Floats) -> bool:
    near = np.abs(numbers.sum(axis=1) - 1.0) <= _SUM_TOLERANCE
    return bool(near.all() and (numbers >= 0.0).all() and numbers.shape[1] > 1)


def _input_of(inputs: Sequence[ort.NodeArg]) -> tuple[str, Any, int | None]:
    if len(inputs) != 1:
        raise UnusableModel(
            f"Expected a model with one input of shape [rows, columns], but it has {len(inputs)}: "
            f"{', '.join(one.name for one in inputs)[:500]}. Export it with all columns in one tensor."
        )
    (one,) = inputs
    if one.type not in _TYPES or len(one.shape) != 2:
        raise UnusableModel(
            f"Expected an input of float or double of shape [rows, columns], but {one.name!r} is {one.type} of shape "
            f"{one.shape}."
        )
    return one.name, _TYPES[one.type], one.shape[1] if isinstance(one.shape[1], int) else None


def _outputs_of(outputs: Sequence[ort.NodeArg]) -> tuple[str, bool, bool]:
    """Name of the output with the numbers, whether it is a list of maps, and whether there are labels beside it."""
    labelled = any(one.type in _LABELS for one in outputs)
    for one in outputs:
        if one.type.startswith(_MAPS):
            return one.name, True, labelled
    numbers = [one.name for one in outputs if one.type in _NUMBERS]
    if len(numbers) != 1:
        raise UnusableModel(
            "Expected one output of float or double, alone or beside labels, but there are "
            f"{len(numbers)}: {', '.join(f'{one.name} {one.type}' for one in outputs)[:500]}."
        )
    return numbers[0], False, labelled
