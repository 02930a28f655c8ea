"""From a raw score, such as surprise, to a tail probability: the share of ordinary vectors that score as high.

Within the training scores the map is their own empirical tail, kept as at most `KNOTS` knots that lie
evenly in the logarithm of the share, and interpolated log-linearly in between. Beyond the highest training
score the tail is taken to be exponential, with the mean excess over a high threshold as its scale (the
maximum likelihood estimate; peaks over threshold, Pickands 1975, with shape 0). `FLOOR` keeps the
extrapolation from claiming more than any amount of training data could support.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from resonance_modeling.errors import InvalidCalibration

KNOTS: Final = 256
FLOOR: Final = 1e-12
SMALLEST_EXCESS: Final = 1e-3
"""Smallest scale of the tail: scores that differ by less are the same for every purpose."""
TAIL_SHARE: Final = 0.02
TAIL_ROWS: Final = 20


class Calibration(BaseModel):
    """A map from scores to tail probabilities that never rises with the score.

    Attributes:
        scores: Knots, strictly ascending.
        tails: Share of ordinary vectors with at least that score, strictly descending from 1, above 0.
        excess: Scale of the exponential tail beyond the last knot, in units of the score.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    scores: tuple[float, ...] = Field(min_length=1, max_length=KNOTS)
    tails: tuple[float, ...] = Field(min_length=1, max_length=KNOTS)
    excess: float = Field(ge=SMALLEST_EXCESS)

    @model_validator(mode="after")
    def _monotone(self) -> Self:
        if len(self.scores) != len(self.tails):
            raise ValueError(f"expected as many tails as scores, but got {len(self.tails)} and {len(self.scores)}")
        if any(low >= high for low, high in pairwise(self.scores)):
            raise ValueError("scores must be strictly ascending")
        if any(high <= low for high, low in pairwise(self.tails)):
            raise ValueError("tails must be strictly descending")
        if self.tails[0] != 1.0 or self.tails[-1] <= 0.0:
            raise ValueError(f"tails must fall from 1 and stay above 0, but run {self.tails[0]} to {self.tails[-1]}")
        return self

    @classmethod
    def learn(cls, scores: ArrayLike) -> Calibration:
        """Learns the map from the scores of ordinary vectors, shape (n,), n >= 1.

        Raises:
            InvalidCalibration: There are no scores, or some are not finite.
        """
        descending = np.sort(np.asarray(scores, dtype=np.float64).ravel())[::-1]
        if descending.size == 0 or not np.isfinite(descending).all():
            raise InvalidCalibration(
                f"A calibration needs at least one score and all of them finite, but got {descending.size} scores, "
                f"{int((~np.isfinite(descending)).sum())} of them not finite."
            )
        knots = np.unique(descending[_ranks(descending.size) - 1])
        tails = _share_at_least(descending, knots)
        return cls(scores=tuple(knots.tolist()), tails=tuple(tails.tolist()), excess=_mean_excess(descending))

    def tail_probability(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Tail probabilities in [FLOOR, 1], same shape as `scores`; a higher score never gets a higher one."""
        return self.ready()(scores)

    def ready(self) -> Callable[[ArrayLike], NDArray[np.float64]]:
        """`tail_probability` with its arrays made once: of one score, making them takes longer than all the rest."""
        knots, logarithms, excess = np.asarray(self.scores, dtype=np.float64), np.log(self.tails), self.excess

        def tail_probability(scores: ArrayLike) -> NDArray[np.float64]:
            given = np.asarray(scores, dtype=np.float64)
            # Between knots that are a subnormal number apart the slope is infinite: the knot to the right is the bound.
            right = np.minimum(knots.searchsorted(given), len(knots) - 1)
            inside = np.maximum(np.interp(given, knots, logarithms), logarithms[right])
            beyond = np.maximum(given - knots[-1], 0.0) / excess
            # The logarithms fall from 0, so no share is above 1.
            tails: NDArray[np.float64] = np.maximum(np.exp(inside - beyond), FLOOR)
            return tails

        return tail_probability


def _ranks(n: int) -> NDArray[np.int64]:
    """Ranks 1 (highest score) to n, at most KNOTS of them, evenly spaced in their logarithm."""
    return np.unique(np.rint(np.geomspace(1, n, min(n, KNOTS))).astype(np.int64))


def _share_at_least(descending: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the scores that are at least each knot."""
    below = np.searchsorted(descending[::-1], knots, side="left")
    return (descending.size - below) / descending.size


def _mean_excess(descending: NDArray[np.float64]) -> float:
    """Mean excess of the highest scores over the highest of the rest."""
    count = min(max(TAIL_ROWS, round(TAIL_SHARE * descending.size)), descending.size - 1)
    if count < 1:
        return SMALLEST_EXCESS
    return max(float(np.mean(descending[:count] - descending[count])), SMALLEST_EXCESS)
