"""The arms of a trial, by slot, and what follows for a vector from the arm that its user is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.arms import Draws, draws, served
from resonance_predictor.baseline import Judgement, Moments, Prior, judge

Floats = NDArray[np.float64]
Slots = NDArray[np.intp]
Positions = NDArray[np.intp]
Flags = NDArray[np.bool_]


class Arms:
    """What a challenger drew of each slot's user: once, when it is asked for. It follows from both, and is not saved.

    Args:
        capacity: Number of slots.
    """

    def __init__(self, capacity: int) -> None:
        self._version = ""
        self._drawn: Draws = np.zeros(capacity, dtype=np.uint64)
        self._known: Flags = np.zeros(capacity, dtype=np.bool_)

    def grow(self, capacity: int) -> None:
        """Make room; slots keep their numbers."""
        more = capacity - len(self._known)
        self._drawn, self._known = np.pad(self._drawn, (0, more)), np.pad(self._known, (0, more))

    def forget(self, slot: int) -> None:
        """The slot is another user's from now on."""
        self._known[slot] = False

    def challenged(self, version: str, share: float, slots: Slots, keys: Sequence[str]) -> Flags:
        """Whether a challenger serves the users of some slots, (n,).

        Args:
            version: Of the challenger.
            share: Share of the users that it serves.
            slots: Which, (n,).
            keys: User key of every slot.
        """
        if version != self._version:
            self._version = version
            self._known[:] = False
        unknown = np.unique(slots[~self._known[slots]])
        if len(unknown):
            self._drawn[unknown] = draws(version, (keys[slot] for slot in unknown.tolist()))
            self._known[unknown] = True
        return served(self._drawn[slots], share)


@dataclass(frozen=True, slots=True)
class Priors:
    """What is known of the users of some vectors before any vector of theirs: what the version of their arm learned.

    Attributes:
        champion, challenger: By arm.
        challenged: Whether a vector's user is in the challenger's, (n,); None where there is no challenger.
    """

    champion: Prior
    challenger: Prior | None = None
    challenged: Flags | None = None

    def of(self, position: int) -> Prior:
        """That of one vector's user."""
        if self.challenger is None or self.challenged is None or not self.challenged[position]:
            return self.champion
        return self.challenger

    def judge(self, moments: Moments, positions: Positions, slots: Slots, scaled: Floats, noise: Floats) -> Judgement:
        """As `baseline.judge`, of the vectors at some positions, (k,)."""
        found = judge(moments, self.champion, slots, scaled, noise)
        if self.challenger is not None and self.challenged is not None:
            rows = np.flatnonzero(self.challenged[positions])
            if len(rows):
                found.put(rows, judge(moments, self.challenger, slots[rows], scaled[rows], noise[rows]))
        return found
