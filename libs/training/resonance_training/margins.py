"""The tails of every column: how far out a row lies in each of them, added up.

As in ECOD (Li et al. 2022, "ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution Functions"),
but with the graver of both sides of each column, and with tails that go on beyond what was seen (see `tail`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from resonance_training.rows import Floats
from resonance_training.tail import KNEE, LEAST_SCALE, Tail

LEAST_SHARE: Final = 0.01
"""The scale of a side is at least this share of the column's range: many columns are 0 in most rows."""


class ColumnTails:
    """What is rare in each column, whatever the others are.

    Attributes:
        above, below: Tails of each column to the right, and of its negative.

    Args:
        rows: What to learn from, (n, width), n >= 1, finite.
        ordinary: Share of them that is taken to be ordinary.
    """

    def __init__(self, rows: Floats, ordinary: float = KNEE) -> None:
        least = np.maximum(LEAST_SHARE * np.ptp(rows, axis=0), LEAST_SCALE).tolist()
        self.above = [Tail.learn(column, scale, ordinary) for column, scale in zip(rows.T, least, strict=True)]
        self.below = [Tail.learn(-column, scale, ordinary) for column, scale in zip(rows.T, least, strict=True)]

    def score(self, rows: Floats) -> Floats:
        """Sum over the columns of the surprise of the graver side, (n,), of rows (n, width)."""
        total = np.zeros(len(rows))
        for column, above, below in zip(rows.T, self.above, self.below, strict=True):
            total += np.maximum(above.surprise(column), below.surprise(-column))
        return total
