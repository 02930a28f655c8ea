"""What a user's next vector is expected to be, in ONNX Runtime. It knows nothing of manifests.

The graph has one input `recent`, float32 (n, STEPS, width): the vectors before (see `sequences`), and one output
`expected`, float32 (n, width): the next vector on the scales of comparison. Its layer is the LSTM operator of ONNX.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resonance_modeling.errors import InvalidVectors
from resonance_modeling.inspection import inspect, opsets
from resonance_modeling.onnx_signature import check_signature
from resonance_modeling.sequences import STEPS
from resonance_modeling.session import session

RECENT: Final = "recent"
EXPECTED: Final = "expected"

BLOCK: Final = 256
"""Sequences that are run together: what the layer needs for them stays in the cache."""

_LARGEST: Final = float(np.finfo(np.float32).max)


class OnnxSequence:
    """One loaded model. It releases the GIL and may be called from several threads at once.

    Attributes:
        width: Values per vector.
        opsets: Version of each operator set, by domain.

    Args:
        onnx: The file.
        width: Values per vector.

    Raises:
        ForbiddenModel: The file could reach outside itself.
        SignatureMismatch: Its inputs or outputs are not as described above.
        InvalidArtifact: ONNX Runtime cannot run it.
    """

    def __init__(self, onnx: bytes, width: int) -> None:
        model = inspect(onnx)
        check_signature(model, {RECENT: (-1, STEPS, width)}, {EXPECTED: (-1, width)})
        self.width = width
        self.opsets = opsets(model)
        self._session = session(onnx)

    def expected(self, recent: ArrayLike) -> NDArray[np.float64]:
        """The next vectors, (n, width), after recent ones of shape (n, STEPS, width).

        A row is the same, to the last bit, whatever rows it is computed with.

        Raises:
            InvalidVectors: Another shape, an infinite value, or a row of which some values are NaN and others are not.
        """
        given = _as_float32(recent, self.width)
        found = np.empty((len(given), self.width))
        for start in range(0, len(given), BLOCK):
            (found[start : start + BLOCK],) = self._session.run([EXPECTED], {RECENT: given[start : start + BLOCK]})
        return found


def _as_float32(recent: ArrayLike, width: int) -> NDArray[np.float32]:
    given = np.asarray(recent)
    if given.shape[1:] != (STEPS, width):
        raise InvalidVectors(
            f"Expected {STEPS} recent vectors of {width} values, shape (n, {STEPS}, {width}), but got shape "
            f"{given.shape}."
        )
    if given.dtype != np.float32:
        given = np.clip(np.asarray(given, dtype=np.float64), -_LARGEST, _LARGEST).astype(np.float32)
    finite = np.isfinite(given)
    if not finite.all():
        _check_missing(given, finite)
    return given


def _check_missing(given: NDArray[np.float32], finite: NDArray[np.bool_]) -> None:
    """Raises InvalidVectors where a row has a value that is not finite and is not all NaN."""
    wrong = ~finite.all(axis=2) & ~np.isnan(given).all(axis=2)
    if wrong.any():
        row, step = np.argwhere(wrong)[0]
        raise InvalidVectors(
            f"Every recent vector must be finite, or all NaN where there was none, but that of step {step} in row "
            f"{row} is {given[row, step].tolist()}."
        )
