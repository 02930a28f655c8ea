"""Shapley values for a question: exact where there is time, else sampled with a bound."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.deadline import Deadline
from resonance_xai.asked.permutations import CONFIDENCE, sampled
from resonance_xai.asked.subject import Subject
from resonance_xai.shapley import MOST_PLAYERS, Attribution, shapley

Floats = NDArray[np.float64]

EXACT: Final = "shapley-enumeration"
SAMPLED: Final = "shapley-sampling"
MOST_EXACT: Final = 11
"""Features that may differ for the enumeration to be tried, by rows; where there is a faster way, MOST_PLAYERS."""
TARGET: Final = 0.005
"""Error at which sampling ends, as a share of the ordinary outputs' range or of the explained difference."""
MOST_ROWS: Final = 200_000
_TRIED: Final = 64


@dataclass(frozen=True, slots=True)
class Attributed:
    """An attribution and how it was had.

    Attributes:
        attribution: Base, score and values; they add up.
        method: EXACT or SAMPLED.
        bound: Farthest that a value may be from the exact one.
        confidence: With which probability that holds.
        partial: Whether the deadline cut it short.
    """

    attribution: Attribution
    method: str
    bound: float
    confidence: float
    partial: bool


def attributed(subject: Subject, vector: Floats, reference: Floats, deadline: Deadline) -> Attributed:
    """Shapley values of the subject's number at `vector`, against `reference`; errors as `shapley`."""
    players = int((vector != reference).sum())
    most = MOST_EXACT if subject.worths is None else MOST_PLAYERS
    fits = players <= most
    if fits and _seconds(subject, vector, players) <= deadline.left:
        found = shapley(Scored(subject), vector, reference, subject.worths)
        return Attributed(found, EXACT, found.residual, 1.0, partial=False)
    ends = subject.score(np.stack([reference, vector]))
    target = TARGET * max(abs(float(ends[1] - ends[0])), 1e-12)
    near = sampled(subject.score, vector, reference, deadline, target=target, most_rows=MOST_ROWS)
    return Attributed(
        near.attribution, SAMPLED, near.bound, CONFIDENCE, fits or (deadline.passed and near.bound > target)
    )


class Scored:
    """A subject as `shapley` takes it."""

    def __init__(self, subject: Subject) -> None:
        self.score = subject.score


def _seconds(subject: Subject, vector: Floats, players: int) -> float:
    """What enumeration takes, at most: measured on a few rows."""
    if players <= 6:
        return 0.0
    rows = np.tile(vector, (_TRIED, 1))
    started = time.perf_counter()
    subject.score(rows)
    return (time.perf_counter() - started) / _TRIED * float(2**players)
