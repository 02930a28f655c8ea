"""What of a batch is new, whose it is, and in which order it may be worked on many users at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.sequences import BREAK_US
from resonance_predictor.baseline import FIRST_STEP_US, LONGEST_STEP_US
from resonance_predictor.users import Users
from resonance_predictor.vectors import Vectors

LEAST_STEP_US: Final = 1_000
WARM_US: Final = 600_000_000
"""Length of a sitting from which the windows of volume features are full."""

COLDEST: Final = 0.05
"""Least share of full windows that is reckoned with."""

MINUTE_US: Final = 60_000_000.0


@dataclass(frozen=True, slots=True)
class Intake:
    """The new vectors of a batch; every array has one entry for each of them, in their order.

    Attributes:
        rows: Their rows in the batch.
        slots: Slots of their users.
        turns: How many vectors of the same user come before, in this batch.
        elapsed_us: Event time since the user's newest vector before, not below 0; 0 for the first.
        minutes: Active minutes that each stands for. Vectors from the first ten minutes of a sitting stand for less:
            their windows still fill, and habits learned from them would be too wide to break.
        rested: Whether the user was away for so long that a new sitting begins with it.
        returned: Whether they were away for so long that what was learned of them is void.
    """

    rows: NDArray[np.intp]
    slots: NDArray[np.intp]
    turns: NDArray[np.intp]
    elapsed_us: NDArray[np.int64]
    minutes: NDArray[np.float64]
    rested: NDArray[np.bool_]
    returned: NDArray[np.bool_]

    def rounds(self) -> Iterator[NDArray[np.intp]]:
        """Positions to work on together: each user at most once a round, each user's vectors in order."""
        if not self.turns.any():
            # Each user once, as almost always, or nobody.
            if len(self.turns):
                yield np.arange(len(self.turns))
            return
        order = np.argsort(self.turns, kind="stable")
        ends = np.cumsum(np.bincount(self.turns))
        start = 0
        for end in ends:
            yield order[start:end]
            start = end


def take_in(users: Users, vectors: Vectors, idle_us: int) -> Intake:
    """Find the new vectors of a batch and note them as applied.

    A vector whose ordinal is not above the user's last is a repeat: the extractor sends it again after a crash.
    One that is newer than all before it is none: the extractor forgot the user and numbers them from 1 again.

    Args:
        users: What is known of the users; those of the batch are added.
        vectors: The batch.
        idle_us: Event time without a vector after which what was learned of a user is void.
    """
    stream = users.stream(vectors.stream)
    turns: dict[int, int] = {}
    found: list[tuple[int, int, int, int, int]] = []
    for row, (key, ordinal, end_us) in enumerate(zip(vectors.users, vectors.ordinals, vectors.ends, strict=True)):
        slot = users.slot(vectors.stream, stream, key)
        before = users.ends_us[slot]
        if ordinal <= users.ordinals[slot] and end_us <= before:
            continue
        users.ordinals[slot] = ordinal
        users.ends_us[slot] = max(before, end_us)
        turn = turns[slot] = turns.get(slot, -1) + 1
        elapsed_us = max(end_us - before, 0) if before else -1
        if not 0 <= elapsed_us <= BREAK_US:
            users.since_us[slot] = end_us
        found.append((row, slot, turn, elapsed_us, max(end_us - users.since_us[slot], 0)))
    columns = np.array(found, dtype=np.int64).reshape(-1, 5).T
    users.changed.update(turns)
    return _measured(*columns, idle_us=idle_us)


def _measured(
    rows: NDArray[np.int64],
    slots: NDArray[np.int64],
    turns: NDArray[np.int64],
    elapsed_us: NDArray[np.int64],
    sitting_us: NDArray[np.int64],
    *,
    idle_us: int,
) -> Intake:
    returned = elapsed_us > idle_us
    first = returned | (elapsed_us < 0)
    step = np.where(first, FIRST_STEP_US, np.minimum(np.maximum(elapsed_us, LEAST_STEP_US), LONGEST_STEP_US))
    warm = np.minimum(np.maximum(sitting_us / WARM_US, COLDEST), 1.0)
    return Intake(
        rows.astype(np.intp),
        slots.astype(np.intp),
        turns.astype(np.intp),
        np.maximum(elapsed_us, 0),
        step / MINUTE_US * warm * warm,
        elapsed_us > BREAK_US,
        returned,
    )
