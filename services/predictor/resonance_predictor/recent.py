"""The vectors that a user's next one is expected from: the last `STEPS` of this sitting that taught the baseline.

What is flagged does not enter, so an incident is held against what was before it. A ring for each slot: a vector that
enters takes the place of the oldest, and nothing is moved.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_modeling.sequences import STEPS

Floats = NDArray[np.float64]
Slots = NDArray[np.intp]

_AHEAD: Final = np.arange(STEPS, dtype=np.intp)


class Recent:
    """Recent vectors of each of many slots, float32, on the scales of comparison.

    Args:
        capacity: Number of slots.
    """

    def __init__(self, capacity: int) -> None:
        self._entered: NDArray[np.intp] = np.zeros(capacity, dtype=np.intp)
        # Ring after ring.
        self._vectors = np.full((capacity * STEPS, WIDTH), np.nan, dtype=np.float32)

    def grow(self, capacity: int) -> None:
        """Make room; slots keep their numbers."""
        more = Recent(capacity - len(self._entered))
        self._entered = np.concatenate((self._entered, more._entered))
        self._vectors = np.concatenate((self._vectors, more._vectors))

    def clear(self, slots: Slots) -> None:
        """Forget the vectors of some slots, (n,)."""
        self._entered[slots] = 0
        self._vectors[slots[:, np.newaxis] * STEPS + _AHEAD] = np.nan

    def add(self, slots: Slots, scaled: Floats) -> None:
        """Add one vector to each of some slots, all different.

        Args:
            slots: Where, (n,).
            scaled: The vectors on the scales of comparison, (n, WIDTH).
        """
        entered = self._entered[slots]
        self._vectors[slots * STEPS + entered % STEPS] = scaled
        self._entered[slots] = entered + 1

    def count(self, slots: Slots) -> NDArray[np.intp]:
        """How many vectors each of some slots has, (n,), at most STEPS."""
        return np.minimum(self._entered[slots], STEPS)

    def of(self, slots: Slots) -> NDArray[np.float32]:
        """Vectors of some slots, (n, STEPS, WIDTH), oldest first; NaN before the first of fewer than STEPS."""
        steps = (self._entered[slots][:, np.newaxis] + _AHEAD) % STEPS
        steps += slots[:, np.newaxis] * STEPS
        found: NDArray[np.float32] = self._vectors[steps]
        return found

    def known(self, slots: Slots) -> NDArray[np.float32]:
        """The vectors that there are, slot by slot, oldest first, (sum of counts, WIDTH)."""
        return self.of(slots)[STEPS - self.count(slots)[:, np.newaxis] <= _AHEAD]

    def put(self, slots: Slots, count: NDArray[np.intp], vectors: NDArray[np.float32]) -> None:
        """What `count` and `known` gave, back into some slots, all different; what was there is forgotten.

        Args:
            slots: Where, (n,).
            count: How many vectors each has, (n,), at most STEPS.
            vectors: Slot by slot, oldest first, (sum of counts, WIDTH).
        """
        self.clear(slots)
        self._entered[slots] = count
        row, step = np.nonzero(count[:, np.newaxis] > _AHEAD)
        self._vectors[slots[row] * STEPS + step] = vectors
