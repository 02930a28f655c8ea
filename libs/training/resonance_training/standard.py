"""Columns brought to mean 0 and spread 1, as support vectors and networks need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from resonance_training.rows import Floats

FLAT: Final = 1e-9
"""A column that spreads less than this, as a share of its size, is left as it is."""


@dataclass(frozen=True, slots=True)
class Standard:
    """Where each column is centred, and how much one unit of it is.

    Attributes:
        center, scale: (width,), scales above 0.
    """

    center: Floats
    scale: Floats

    @classmethod
    def learn(cls, rows: Floats) -> Self:
        """From rows (n, width), n >= 1."""
        center, spread = rows.mean(axis=0), rows.std(axis=0)
        return cls(center, np.where(spread > FLAT * np.maximum(1.0, np.abs(center)), spread, 1.0))

    def apply(self, rows: Floats) -> Floats:
        """Rows (n, width) in these units."""
        found: Floats = (rows - self.center) / self.scale
        return found


def some(rows: Floats, most: int, seed: int) -> Floats:
    """At most so many of the rows, drawn without replacement; all of them, in their order, where there are no more."""
    if len(rows) <= most:
        return rows
    return rows[np.random.default_rng(seed).choice(len(rows), most, replace=False)]
