"""Rows that detectors learn from and score: checked once, where they come in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class BadRows(ValueError):
    """Rows that nothing can be learned from, or that cannot be scored; the text is a sentence."""


def checked(rows: ArrayLike, width: int | None = None, least: int = 0) -> Floats:
    """Rows as float64 of shape (n, width).

    Args:
        rows: What came.
        width: Columns there must be; any number of them, at least one, where it is None.
        least: How many rows there must be.

    Raises:
        BadRows: Another shape, too few rows, or a value that is NaN or infinite.
    """
    found = np.asarray(rows, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] == 0:
        raise BadRows(f"Expected rows of numbers, shape (n, columns), but got shape {found.shape}.")
    if width is not None and found.shape[1] != width:
        raise BadRows(f"Expected {width} columns, as in the rows that were learned from, but got {found.shape[1]}.")
    if len(found) < least:
        raise BadRows(f"Expected at least {least} rows to learn from, but got {len(found)}.")
    if not np.isfinite(found).all():
        row, column = np.argwhere(~np.isfinite(found))[0]
        raise BadRows(f"Every value must be finite, but row {row}, column {column} is {found[row, column]}.")
    return found
