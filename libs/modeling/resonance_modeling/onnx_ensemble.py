"""The ensemble in ONNX Runtime: rows in, surprise out. It knows nothing of manifests.

The graph has an input `scaled`, float32 (n, width): vectors on the scales of comparison (see `scales`); and where it
looks back a second one, `expected`, of the same shape: what was expected of them (see `onnx_sequence`), rows of NaN
where nothing was. It has two outputs: `members`, float32 (n, m), the surprise of each detector, -ln of the share of
ordinary vectors that it finds as unusual; and `surprise`, float32 (n, 1), their weighted mean. Both are 0 or more;
higher is more anomalous. Where nothing was expected, the detector that looks back, the last one, is NaN among the
members and left out of the mean.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import ArrayLike, NDArray
from onnx import ModelProto, TensorProto, helper

from resonance_modeling.errors import InvalidVectors, SignatureMismatch
from resonance_modeling.inspection import inspect, opsets
from resonance_modeling.onnx_sequence import EXPECTED
from resonance_modeling.onnx_signature import check_signature
from resonance_modeling.session import part_of, session

SCALED: Final = "scaled"
MEMBERS: Final = "members"
SURPRISE: Final = "surprise"
TABULAR_MEMBERS: Final = "tabular_members"
TABULAR_SURPRISE: Final = "tabular_surprise"
"""Names of the values inside a graph that looks back that are the same of the detectors that do not."""

MEAN_PATH: Final = "mean_path"
"""Name of the value inside the graph that is the mean path length over the trees of its forest, (n, 1)."""

LARGEST: Final = 1e6
"""Values beyond are taken to be this large: the ensemble tells nothing apart there, and its sums stay finite."""


def as_float32(scaled: ArrayLike, width: int) -> NDArray[np.float32]:
    """Rows as the model sees them, shape (n, width): float32, values beyond `LARGEST` taken to it.

    Raises:
        InvalidVectors: Another shape, or a value that is NaN or infinite.
    """
    # Of one row, np.clip takes longer than both of these.
    return np.minimum(np.maximum(checked(scaled, width), -LARGEST), LARGEST).astype(np.float32)


def checked(vectors: ArrayLike, width: int) -> NDArray[np.float64]:
    """Vectors as float64, (n, width).

    Raises:
        InvalidVectors: Another shape, or a value that is NaN or infinite.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise InvalidVectors(f"Expected rows of {width} values, shape (n, {width}), but got shape {rows.shape}.")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise InvalidVectors(f"Every value must be finite, but row {row} has {rows[row, column]} at place {column}.")
    return rows


class OnnxEnsemble:
    """One loaded ensemble. Scoring releases the GIL and may be called from several threads at once.

    Attributes:
        width: Values per row.
        members: Number of detectors.
        looks_back: Whether it compares rows with what was expected of them.
        opsets: Version of each operator set, by domain.

    Args:
        onnx: The file.
        width: Values per row.
        members: Number of detectors.
        looks_back: Whether the last of them compares rows with what was expected.

    Raises:
        ForbiddenModel: The file could reach outside itself.
        SignatureMismatch: Its inputs or outputs are not as described above.
        InvalidArtifact: ONNX Runtime cannot run it.
    """

    def __init__(self, onnx: bytes, width: int, members: int, looks_back: bool = False) -> None:
        model = inspect(onnx)
        inputs = (SCALED, EXPECTED) if looks_back else (SCALED,)
        outputs = {SURPRISE: (-1, 1), MEMBERS: (-1, members)}
        check_signature(model, dict.fromkeys(inputs, (-1, width)), outputs)
        self.width = width
        self.members = members
        self.looks_back = looks_back
        self.opsets = opsets(model)
        self._session = session(onnx)
        self._alone = _alone(model) if looks_back else self._session

    def surprises(
        self, scaled: ArrayLike, expected: ArrayLike | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Surprise (n,), and that of each member (n, members), of rows of shape (n, width).

        A row has the same surprise, to a millionth of it, whatever rows it is scored with.

        Args:
            scaled: The rows.
            expected: What was expected of them, (n, width); rows of NaN where nothing was, None where nothing was of
                any. Nothing is made of it by an ensemble that does not look back.

        Raises:
            InvalidVectors: Another shape, or a value of `scaled` that is NaN or infinite.
        """
        rows = as_float32(scaled, self.width)
        if not len(rows):
            return np.empty(0), np.empty((0, self.members))
        if not self.looks_back:
            surprise, members = self._session.run([SURPRISE, MEMBERS], {SCALED: rows})
        elif expected is None:
            surprise, tabular = self._alone.run([TABULAR_SURPRISE, TABULAR_MEMBERS], {SCALED: rows})
            members = np.full((len(rows), self.members), np.nan)
            members[:, :-1] = tabular
        else:
            given = {SCALED: rows, EXPECTED: _expected_as_float32(expected, rows.shape)}
            surprise, members = self._session.run([SURPRISE, MEMBERS], given)
        return np.maximum(surprise[:, 0].astype(np.float64), 0.0), np.maximum(members.astype(np.float64), 0.0)


def _alone(model: ModelProto) -> ort.InferenceSession:
    """The part of a graph that needs nothing but the rows: those who ask about one row wait for no other part."""
    made = {name: node for node in model.graph.node for name in node.output}
    outputs = [TABULAR_SURPRISE, TABULAR_MEMBERS]
    if missing := [name for name in outputs if name not in made]:
        raise SignatureMismatch(f"Expected values named {', '.join(missing)} inside the ONNX file: export it again.")
    wanted, needed = list(outputs), set[str]()
    while wanted:
        name = wanted.pop()
        if name in made and name not in needed:
            needed.add(name)
            wanted += made[name].input
    return part_of(
        model,
        [node for node in model.graph.node if needed & set(node.output)],
        [one for one in model.graph.input if one.name == SCALED],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
    )


def _expected_as_float32(expected: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float32]:
    given = np.asarray(expected)
    if given.shape != shape:
        raise InvalidVectors(f"Expected what was expected of rows of shape {shape} in that shape, got {given.shape}.")
    found: NDArray[np.float32] = np.clip(given, -LARGEST, LARGEST).astype(np.float32)
    return found
