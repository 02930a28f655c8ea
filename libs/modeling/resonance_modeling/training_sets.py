"""The vectors of a training set that the registry keeps beside a model: a column of each feature, by its name."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES
from resonance_modeling.arrays import read_arrays
from resonance_modeling.errors import InvalidArtifact

Floats = NDArray[np.float64]

MOST_BYTES: Final = 128 * 1024 * 1024
"""Unpacked: two million vectors."""


def stored_vectors(data: bytes, most_rows: int, most_bytes: int = MOST_BYTES) -> Floats:
    """The vectors, (n, WIDTH), in the order in which they are kept; of more than `most_rows`, as many are drawn.

    Args:
        data: What `Registry.snapshot` gives.
        most_rows: At most so many are given back.
        most_bytes: How large all of them may be.

    Raises:
        InvalidArtifact: It has no column of finite numbers for each feature, all of one length, or more bytes.
    """
    columns = read_arrays(data, most_bytes, FEATURE_NAMES)
    missing = [name for name in FEATURE_NAMES if name not in columns]
    if missing:
        raise InvalidArtifact(f"Expected a column of each feature in a training set, but {missing[0]} is missing.")
    shapes = {column.shape for column in columns.values()}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 1 or not shape[0]:
        raise InvalidArtifact("Expected columns of one length in a training set, at least one row, but got others.")
    odd = [name for name, column in columns.items() if column.dtype.kind != "f" or not np.isfinite(column).all()]
    if odd:
        raise InvalidArtifact(f"Expected finite numbers in a training set, but {odd[0]} has others.")
    chosen = np.sort(np.random.default_rng(0).permutation(shape[0])[:most_rows])
    return np.stack([columns[name][chosen].astype(np.float64) for name in FEATURE_NAMES], axis=1)
