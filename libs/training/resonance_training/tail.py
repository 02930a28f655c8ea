"""From scores to surprise: -ln of the share of ordinary rows that score at least as high.

Surprise makes scores of different detectors comparable, and sums of it are those of Fisher's method (1932) of bringing
independent tests together. What is learned from may hold anomalies, so only a share of the scores, from the lowest up,
is believed, by default four fifths: up to that quantile surprise is the empirical one, beyond it the tail is taken to
be exponential, with the rate at which scores thin out between their median and that quantile. So what is far out is not
tied with what is merely rare, however many of its kind were learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from resonance_training.rows import Floats

MEDIAN: Final = 0.5
KNEE: Final = 0.8
KNOTS: Final = 32
FURTHER_KNOTS: Final = 16
"""More of them beyond `KNEE`, where more is believed; they lie evenly in surprise."""
LEAST_SCALE: Final = 1e-9
RESOLUTION: Final = 1e-4
"""Nor is the scale taken to be smaller, nor are knots nearer to one another, than this share of the scores: 32-bit
numbers, in which tails are served, would not tell one from the next."""
MOST: Final = 100.0
"""More surprise than this is not told apart: one detector, learned from rows that hardly differ, would otherwise
outvote all others. On the sets of the benchmark `detection` any bound from 30 to 3,000 gives the same, none at all
2.8 AUCPR less."""


@dataclass(frozen=True, slots=True)
class Tail:
    """A map from scores to surprise that never falls: linear between knots, and linear beyond the last up to `MOST`.

    Attributes:
        scores: Knots, strictly ascending, (k,).
        surprises: Surprise at each of them, ascending from 0, (k,).
        scale: By how much a score must grow beyond the last knot for one more of surprise.
    """

    scores: Floats
    surprises: Floats
    scale: float

    @classmethod
    def learn(cls, scores: ArrayLike, least_scale: float = LEAST_SCALE, ordinary: float = KNEE) -> Tail:
        """From the scores of rows most of which are ordinary, (n,), n >= 1, finite.

        Args:
            scores: What was learned from.
            least_scale: The scale is not taken to be smaller: where half of the scores or more are the same, what
                they say of the scale is 0.
            ordinary: Share of the rows that are taken to be ordinary, `KNEE` or more, below 1.
        """
        ascending = np.sort(np.asarray(scores, dtype=np.float64))
        at = np.linspace(0.0, KNEE, KNOTS)
        if ordinary > KNEE:
            at = np.concatenate([at, 1.0 - np.geomspace(1.0 - KNEE, 1.0 - ordinary, FURTHER_KNOTS + 1)[1:]])
        # Knots that 32-bit numbers hold, in which tails are served: how far a score is beyond one is then exact.
        knots = np.unique(np.quantile(ascending, at, method="lower").astype(np.float32)).astype(np.float64)
        median, knee = np.quantile(ascending, [MEDIAN, ordinary])
        # One more than there are, as if the row that is judged were among them: no share is 0.
        shares = (len(ascending) - np.searchsorted(ascending, knots, side="left") + 1) / (len(ascending) + 1)
        scale = float(knee - median) / log((1.0 - MEDIAN) / (1.0 - ordinary))
        least = max(least_scale, RESOLUTION * float(np.abs(knots).max()))
        surprises = -np.log(shares)
        surprises[0] = 0.0
        return cls(*_apart(knots, surprises, least), max(scale, least))

    @property
    def end(self) -> float:
        """The score from which on surprise is `MOST`."""
        return float(self.scores[-1]) + (MOST - float(self.surprises[-1])) * self.scale

    def surprise(self, scores: ArrayLike) -> Floats:
        """Surprise, 0 to `MOST`, same shape as `scores`; a higher score never gets less."""
        given = np.minimum(np.asarray(scores, dtype=np.float64), self.end)
        beyond = np.maximum(given - self.scores[-1], 0.0) / self.scale
        found: Floats = np.interp(given, self.scores, self.surprises) + beyond
        return found


def _apart(knots: Floats, surprises: Floats, least: float) -> tuple[Floats, Floats]:
    """The knots, from the last one down, that are at least so far apart, and one at which surprise begins."""
    kept = [len(knots) - 1]
    for place in range(len(knots) - 2, -1, -1):
        if knots[kept[-1]] - knots[place] >= least:
            kept.append(place)
    some = np.array(kept[::-1])
    if some[0] == 0:
        return knots[some], surprises[some]
    begin = np.array([knots[some[0]] - least], dtype=np.float32).astype(np.float64)
    return np.concatenate([begin, knots[some]]), np.concatenate([[0.0], surprises[some]])
