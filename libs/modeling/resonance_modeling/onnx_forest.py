"""A forest in ONNX Runtime: rows in, scores out. It knows nothing of manifests.

The graph has one input `vectors`, float32 (n, width), and one output `score`, float32 (n, 1): the anomaly
score 2^(-E[h(x)] / c(psi)) of Liu, Ting and Zhou 2008, "Isolation Forest", equation 2. Higher is more
anomalous.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import ArrayLike, NDArray
from onnx import ModelProto, TensorProto, ValueInfoProto

from resonance_modeling.errors import InvalidArtifact, InvalidVectors, SignatureMismatch
from resonance_modeling.inspection import inspect, opsets

INPUT: Final = "vectors"
OUTPUT: Final = "score"
_LARGEST: Final = float(np.finfo(np.float32).max)
_ERRORS_ONLY: Final = 3


def as_float32(vectors: ArrayLike, width: int) -> NDArray[np.float32]:
    """Rows as the model sees them, shape (n, width): float32, values beyond its range taken to its ends.

    Raises:
        InvalidVectors: Another shape, or a value that is NaN or infinite.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise InvalidVectors(f"Expected rows of {width} values, shape (n, {width}), but got shape {rows.shape}.")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise InvalidVectors(f"Every value must be finite, but row {row} has {rows[row, column]} at place {column}.")
    return np.clip(rows, -_LARGEST, _LARGEST).astype(np.float32)


class OnnxForest:
    """One loaded forest. Scoring releases the GIL and may be called from several threads at once.

    Attributes:
        width: Values per row.
        opsets: Version of each operator set, by domain.
    """

    def __init__(self, onnx: bytes, width: int) -> None:
        """Inspects and loads the file, from memory, with one thread.

        Raises:
            ForbiddenModel: The file could reach outside itself.
            SignatureMismatch: Its inputs or outputs are not as described above.
            InvalidArtifact: ONNX Runtime cannot run it.
        """
        model = inspect(onnx)
        _check_signature(model, width)
        self.width = width
        self.opsets = opsets(model)
        self._session = _session(onnx)

    def score(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Scores in [0, 1], shape (n,), of rows of shape (n, width); higher is more anomalous.

        A row has the same score, to the last bit, whatever rows it is scored with.

        Raises:
            InvalidVectors: Another shape, or a value that is NaN or infinite.
        """
        rows = as_float32(vectors, self.width)
        if not len(rows):
            return np.empty(0)
        (scores,) = self._session.run([OUTPUT], {INPUT: rows})
        return np.clip(np.asarray(scores, dtype=np.float64).reshape(-1), 0.0, 1.0)


def _check_signature(model: ModelProto, width: int) -> None:
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [_describe(value) for value in model.graph.input if value.name not in stored]
    outputs = [_describe(value) for value in model.graph.output]
    for what, found, expected in (
        ("inputs", inputs, [(INPUT, TensorProto.FLOAT, width)]),
        ("outputs", outputs, [(OUTPUT, TensorProto.FLOAT, 1)]),
    ):
        if found != expected:
            name, _, columns = expected[0]
            raise SignatureMismatch(
                f"Expected the {what} of the ONNX file to be {name!r}, float32 of shape (n, {columns}), but they are "
                f"{found} (name, element type, columns): it was exported for other features or another kind of model."
            )


def _describe(value: ValueInfoProto) -> tuple[str, int, int]:
    """Name, element type and columns; 0 columns where it is not a matrix with a fixed number of them."""
    tensor = value.type.tensor_type
    dims = tensor.shape.dim
    return value.name, tensor.elem_type, dims[1].dim_value if len(dims) == 2 and not dims[0].dim_value else 0


def _session(onnx: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    # A row costs microseconds: handing it to a pool costs more than it saves, and services share the cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _ERRORS_ONLY
    try:
        return ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions derive from Exception and RuntimeError alike
        raise InvalidArtifact(f"ONNX Runtime cannot load the model: {error}.") from error
