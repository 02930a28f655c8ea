"""Asks a model about vectors in such a way that a model that fails is noticed, and is nothing worse than that.

A model fails on a vector where it raises, or where what it says or had expected is not finite. Files are checked when
they are loaded, but no check tells what a graph makes of every vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.scorer import Scores
from resonance_predictor.scorer import Scorer

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

NOT_FINITE: Final = "what it says is not finite"
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """Vectors to ask about.

    Attributes:
        scaled: On the scales of comparison, (n, WIDTH).
        recent: What was before them, (n, STEPS, WIDTH); None where no model that is asked looks back.
    """

    scaled: Floats
    recent: NDArray[np.float32] | None = None

    def part(self, rows: Positions) -> Asked:
        """Some of them, in their order."""
        if len(rows) == len(self.scaled):
            return self
        return Asked(self.scaled[rows], None if self.recent is None else self.recent[rows])


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of n vectors.

    Attributes:
        scores: What it says; None where it failed on all of them.
        expected: What it had expected, (n, WIDTH); None where it does not look back.
        reason: Why it failed; empty where it did not.
        good: Whether it did not fail on a vector, (n,); None where it failed on none.
    """

    scores: Scores | None = None
    expected: Floats | None = None
    reason: str = ""
    good: NDArray[np.bool_] | None = None


def ask(scorer: Scorer, asked: Asked) -> Said:
    """What a model says of vectors."""
    try:
        return _said(scorer, asked)
    except Exception as error:  # ONNX Runtime's own exceptions, and whatever follows from what a file gives
        reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
        return Said(reason=reason, good=np.zeros(len(asked.scaled), dtype=np.bool_))


def _said(scorer: Scorer, asked: Asked) -> Said:
    recent = asked.recent if scorer.looks_back else None
    expected = None if recent is None else scorer.expected(recent)
    scores = scorer.judge(asked.scaled, expected)
    wanted, found = (len(asked.scaled), len(scorer.members)), scores.members.shape
    if found != wanted or scores.score.shape != wanted[:1]:
        raise ValueError(f"expected members of shape {wanted}, got {found}")
    # Sums are finite only where all is. Where nothing was before a vector, nothing is expected: that is no fault.
    if isfinite(scores.score.sum()) and (expected is None or isfinite(expected.sum())):
        return Said(scores, expected)
    good = np.isfinite(scores.score)
    if expected is not None and recent is not None:
        good &= np.isfinite(expected).all(axis=1) | np.isnan(recent[:, -1, 0])
    return Said(scores, expected) if good.all() else Said(scores, expected, NOT_FINITE, good)
