"""How far a row is from what was expected of it: the score of the recurrent model (see `sequence`).

    score = mean over features of min(|row - expected| / residual spread, FARTHEST)^2

It is about 1 where errors are the usual ones of people who were not learned from. A single feature that jumps counts as
FARTHEST spreads at most, so it is heard and outvotes no other detector by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resonance_training.rows import BadRows, Floats
from resonance_training.sequence import FARTHEST, SequenceWeights, learn_sequence
from resonance_training.tail import KNEE, Tail


@dataclass(frozen=True, slots=True)
class Foresight:
    """What was learned of sequences, and how its scores become surprise.

    Attributes:
        weights: Of the model.
        tail: From scores to surprise, learned from the users who were held out.
    """

    weights: SequenceWeights
    tail: Tail

    @classmethod
    def learn(
        cls,
        recent: ArrayLike,
        target: ArrayLike,
        held: ArrayLike,
        seed: int = 0,
        ordinary: float = KNEE,
        tell: Callable[[float], None] | None = None,
    ) -> Foresight:
        """From sequences, of which a share is taken to be ordinary; else as `learn_sequence`, errors as well."""
        weights, errors = learn_sequence(recent, target, held, seed, tell)
        return cls(weights, Tail.learn(_scores(weights, errors), ordinary=ordinary))

    def surprise(self, rows: ArrayLike, foreseen: ArrayLike) -> Floats:
        """Surprise, (n,), of rows (n, width); NaN where nothing was expected.

        Args:
            rows: What came, on the scales of comparison.
            foreseen: What was expected, (n, width); rows of NaN where nothing was.

        Raises:
            BadRows: The shapes differ.
        """
        came, awaited = np.asarray(rows, dtype=np.float64), np.asarray(foreseen, dtype=np.float64)
        if came.shape != awaited.shape:
            raise BadRows(
                f"Expected what was foreseen of rows {came.shape} in the same shape, but got {awaited.shape}."
            )
        found = np.full(len(came), np.nan)
        known = ~np.isnan(awaited[:, 0])
        found[known] = self.tail.surprise(error(self.weights, came[known], awaited[known]))
        return found


def error(weights: SequenceWeights, rows: Floats, foreseen: Floats) -> Floats:
    """Scores, 0 to FARTHEST squared, (n,), of rows (n, width) of which something was expected."""
    return _scores(weights, rows - foreseen)


def _scores(weights: SequenceWeights, errors: Floats) -> Floats:
    spreads: NDArray[np.float64] = np.abs(errors) / weights.residual_spread
    found: Floats = (np.minimum(spreads, FARTHEST) ** 2).mean(axis=1)
    return found
