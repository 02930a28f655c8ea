"""What the model says of a batch of vectors, asked piece by piece: it may have expected something of their users."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_modeling.scorer import Scores
from resonance_predictor import habit
from resonance_predictor.recent import Recent
from resonance_predictor.scorer import Scorer

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Scored:
    """One entry for each vector; NaN where the model says nothing, and of those that it was not asked about yet.

    Attributes:
        scores: What it says.
        surprise: See `habit.surprise`, (n,).
        expected: What it had expected, on the scales of comparison, (n, WIDTH).
    """

    scores: Scores
    surprise: Floats
    expected: Floats

    @classmethod
    def nothing(cls, count: int, scorer: Scorer | None) -> Scored:
        """Of so many vectors."""
        score, tail, confidence, surprise = np.full((4, count), np.nan)
        members = np.full((count, 0 if scorer is None else len(scorer.members)), np.nan)
        return cls(Scores(score, tail, confidence, members), surprise, np.full((count, WIDTH), np.nan))

    def ask(
        self, scorer: Scorer | None, positions: Positions, scaled: Floats, recent: Recent, slots: Positions
    ) -> None:
        """Ask about some of them.

        Args:
            scorer: The model; None where there is none.
            positions: Which they are, (k,).
            scaled: They themselves on the scales of comparison, (k, WIDTH).
            recent: What is known of what was before them.
            slots: Of their users, (k,).
        """
        if scorer is not None:
            expected = scorer.expected(recent.of(slots)) if scorer.looks_back else None
            found = scorer.judge(scaled, expected)
            self.scores.score[positions] = found.score
            self.scores.tail_probability[positions] = found.tail_probability
            self.scores.confidence[positions] = found.confidence
            self.scores.members[positions] = found.members
            if expected is not None:
                self.expected[positions] = expected
        self.surprise[positions] = habit.surprise(self.scores.tail_probability[positions])

    def expected_of(self, position: int) -> list[float]:
        """What was expected of one vector; empty where nothing was."""
        expected = self.expected[position]
        return [] if np.isnan(expected[0]) else expected.tolist()
