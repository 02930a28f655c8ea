"""What is compared between blocks: levels, spreads and relations of the values, in units that say how much it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_training.drift.blocks import Block

Floats = NDArray[np.float64]

LEAST_SPREAD: Final = 0.05
"""A value that varies less on its scale is measured as if it varied so much: else the first that differs is endless."""
ALONE: Final = 0.1
"""Share of its ordinary spread that a value is thought to vary by besides: one that stands still has no relation."""
CLOSEST: Final = 0.999


@dataclass(frozen=True, slots=True)
class Units:
    """What is ordinary: the units in which blocks are measured.

    Attributes:
        mean: Of each value on its scale, (width,).
        spread: Standard deviation of each, (width,), at least LEAST_SPREAD.
    """

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, blocks: Sequence[Block]) -> Units:
        """Of all vectors of some blocks, at least one, together."""
        weights = np.array([block.vectors for block in blocks], dtype=np.float64)
        weights /= weights.sum()
        means = np.array([block.mean for block in blocks])
        within = np.array([np.diagonal(block.covariance) for block in blocks])
        mean = weights @ means
        variance = weights @ (within + (means - mean) ** 2)
        return cls(mean, np.maximum(np.sqrt(np.maximum(variance, 0.0)), LEAST_SPREAD))

    def measure(self, block: Block) -> Floats:
        """Statistics of a block: levels (width), spreads (width), relations (width · (width - 1) / 2), in one row.

        A level is in standard deviations of the ordinary vectors. A spread is the logarithm of how many times the
        ordinary one it is. A relation is that of two values within the block, by Fisher's (1915) transform of their
        correlation, arctanh(r); pairs by rows of the upper triangle.
        """
        covariance = block.covariance
        least = (ALONE * self.spread) ** 2
        variance = np.maximum(np.diagonal(covariance), 0.0) + least
        level = (block.mean - self.mean) / self.spread
        spread = np.log(variance / (self.spread**2 + least)) / 2.0
        rows, columns = np.triu_indices(len(level), 1)
        correlation = covariance[rows, columns] / np.sqrt(variance[rows] * variance[columns])
        relation = np.arctanh(np.clip(correlation, -CLOSEST, CLOSEST))
        return np.concatenate([level, spread, relation])
