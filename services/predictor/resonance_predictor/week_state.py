"""What is usual by part of the week, as it is saved: arrays as raw bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_predictor.week_rows import NONE, Columns
from resonance_predictor.weeks import Dumped

SavedWeeks = tuple[bytes, ...]
"""Columns of `Dumped`, then those of its rows; empty in what was saved before there were any."""


def saved_weeks(dumped: Dumped) -> SavedWeeks:
    """As bytes."""
    rows = dumped.rows
    learned = rows.part, rows.last, rows.weeks, rows.minutes, rows.mean
    return tuple(raw(one) for one in (dumped.part, dumped.minutes, dumped.sums, dumped.counts, *learned))


def loaded_weeks(saved: SavedWeeks, users: int) -> Dumped:
    """From bytes, of so many users; nothing of any where nothing was saved."""
    if not saved:
        return Dumped(
            np.full(users, NONE, dtype=np.int32),
            np.zeros(users, dtype=np.float32),
            np.zeros((users, WIDTH), dtype=np.float32),
            np.zeros(users, dtype=np.uint8),
            Columns(),
        )
    kinds = ("<i4", "<f4", "<f4", "u1", "i1", "<i4", "u1", "<f4", "<f4")
    part, minutes, sums, counts, place, last, weeks, worth, mean = (
        np.frombuffer(one, dtype=kind) for one, kind in zip(saved, kinds, strict=True)
    )
    rows = Columns(place, last, weeks, worth, mean.reshape(-1, WIDTH))
    return Dumped(part, minutes, sums.reshape(-1, WIDTH), counts, rows)


def raw(array: NDArray[Any]) -> bytes:
    """Content in little-endian order, whatever the machine."""
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
