"""Copies by plain loops: slices assigned to slices compile ten times slower."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.compiled import inner


@inner
def copy_bytes(source: NDArray[np.uint8], start: int, target: NDArray[np.uint8], at: int, length: int) -> None:
    """Copies `length` bytes from `start` of one array to `at` of another."""
    for i in range(length):
        target[at + i] = source[start + i]


@inner
def copy_row(source: NDArray[Any], i: int, target: NDArray[Any], j: int, width: int) -> None:
    """Copies the first columns of a row."""
    for c in range(width):
        target[j, c] = source[i, c]


@inner
def clear_row(target: NDArray[Any], row: int) -> None:
    """Sets a row to 0."""
    for c in range(target.shape[1]):
        target[row, c] = 0
