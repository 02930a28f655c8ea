"""What the models say of a batch of vectors, asked piece by piece: they may have expected something of their users.

A vector is scored by the version of its user's arm. Where that fails, the next one down says it: of the challenger the
champion, of that the champion before it, and then nobody. Which of them it was follows from the vectors and the terms
alone, so a record that is read again is scored by the same; no version is given up for what it did before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_modeling.scorer import Scores
from resonance_predictor import habit
from resonance_predictor.asking import Asked, ask
from resonance_predictor.recent import Recent
from resonance_predictor.scorer import Scorer
from resonance_predictor.terms import Terms

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

NO_ROWS: Final = np.empty(0, dtype=np.intp)
SHADOW: Final = "shadow"


class By(IntEnum):
    """Who scored a vector, in the order in which they are asked."""

    CHALLENGER = 0
    CHAMPION = 1
    FORMER = 2
    NOBODY = 3


@dataclass(frozen=True, slots=True)
class Fault:
    """A version failed on some vectors.

    Attributes:
        alias: By which it was asked: "champion", "challenger", "shadow", or "former".
        version: Its content version.
        vectors: How many.
        reason: Why.
    """

    alias: str
    version: str
    vectors: int
    reason: str


class Scored:
    """One entry for each vector; NaN where nobody says anything, and of those that were not asked about yet.

    Attributes:
        by: Who scored it, or is to, (n,): see `By`.
        failed_over: Whether the champion failed on one.
        scores: What they say; columns of members beyond those of the one who said it are NaN.
        surprise: See `habit.surprise`, (n,).
        expected: What they had expected, on the scales of comparison, (n, WIDTH).
        scorers: Those who are asked, in order.
        shadow: Tail probability that the shadow says, (n,).
        faults: Who failed.

    Args:
        count: Number of vectors.
        terms: Who is asked.
        challenged: Whether a vector's user is in the challenger's arm, (n,); None without a challenger.
    """

    def __init__(self, count: int, terms: Terms, challenged: NDArray[np.bool_] | None = None) -> None:
        others = terms.others
        in_order = {By.CHALLENGER: others.challenger, By.CHAMPION: terms.scorer, By.FORMER: others.former}
        self.scorers = {by: scorer for by, scorer in in_order.items() if scorer is not None}
        self._shadow = others.shadow
        self._challenged = challenged
        asked = [*self.scorers.values(), *([others.shadow] if others.shadow is not None else [])]
        self._look_back = any(scorer.looks_back for scorer in asked)
        score, tail, confidence, self.surprise, self.shadow = np.full((5, count), np.nan)
        width = max((len(scorer.members) for scorer in self.scorers.values()), default=0)
        self.scores = Scores(score, tail, confidence, np.full((count, width), np.nan))
        self.expected: Floats = np.full((count, WIDTH), np.nan)
        first = By.NOBODY if terms.scorer is None else By.CHAMPION
        self.by: NDArray[np.int8] = np.full(count, first, dtype=np.int8)
        self.failed_over = False
        self.faults: list[Fault] = []

    def ask(self, positions: Positions, scaled: Floats, recent: Recent, slots: Positions) -> None:
        """Ask about some of them.

        Args:
            positions: Which they are, (k,).
            scaled: They themselves on the scales of comparison, (k, WIDTH).
            recent: What is known of what was before them.
            slots: Of their users, (k,).
        """
        asked = Asked(scaled, recent.of(slots) if self._look_back else None)
        rest: Positions | None = None
        for by, scorer in self.scorers.items():
            if by is By.CHALLENGER and self._challenged is not None:
                mine = self._challenged[positions]
                rest = np.arange(len(positions))
                if mine.any():
                    failed = self._score(by, scorer, asked, positions, rest[mine])
                    rest = np.sort(np.concatenate((rest[~mine], failed)))
            elif rest is None or len(rest):
                rest = self._score(by, scorer, asked, positions, rest)
        if rest is not None and len(rest):
            self.by[positions[rest]] = By.NOBODY
        if self._shadow is not None:
            self._watch(self._shadow, asked, positions)
        self.surprise[positions] = habit.surprise(self.scores.tail_probability[positions])

    def scorer_of(self, position: int) -> Scorer | None:
        """The model that scored a vector; None where nobody did."""
        return self.scorers.get(By(self.by[position]))

    def members_of(self, position: int) -> tuple[tuple[str, ...], list[float]]:
        """Names and surprises of the detectors of the model that scored a vector."""
        scorer = self.scorer_of(position)
        names = () if scorer is None else scorer.members
        return names, self.scores.members[position, : len(names)].tolist()

    def expected_of(self, position: int) -> list[float]:
        """What was expected of one vector; empty where nothing was."""
        expected = self.expected[position]
        return [] if np.isnan(expected[0]) else expected.tolist()

    def _score(self, by: By, scorer: Scorer, asked: Asked, positions: Positions, rows: Positions | None) -> Positions:
        """Let one of them score some rows of what is asked about, None for all; returns those that it failed on."""
        at = positions if rows is None else positions[rows]
        said = ask(scorer, asked if rows is None else asked.part(rows))
        found, expected = said.scores, said.expected
        if said.good is None:
            self._write(by, at, found, expected)
            return NO_ROWS
        failed = np.flatnonzero(~said.good)
        self.faults.append(Fault(by.name.lower(), scorer.model.version, len(failed), said.reason))
        self.failed_over |= by is By.CHAMPION
        if found is not None:
            good = said.good
            self._write(by, at[good], _rows(found, good), None if expected is None else expected[good])
        return failed if rows is None else rows[failed]

    def _write(self, by: By, at: Positions, found: Scores | None, expected: Floats | None) -> None:
        if found is None:
            return
        if by is not By.CHAMPION:
            self.by[at] = by
        self.scores.score[at] = found.score
        self.scores.tail_probability[at] = found.tail_probability
        self.scores.confidence[at] = found.confidence
        self.scores.members[at, : found.members.shape[1]] = found.members
        if expected is not None:
            self.expected[at] = expected

    def _watch(self, shadow: Scorer, asked: Asked, positions: Positions) -> None:
        said = ask(shadow, asked)
        if said.good is not None:
            failed = int(np.count_nonzero(~said.good))
            self.faults.append(Fault(SHADOW, shadow.model.version, failed, said.reason))
        if said.scores is not None:
            tails = said.scores.tail_probability
            self.shadow[positions] = tails if said.good is None else np.where(said.good, tails, np.nan)


def _rows(scores: Scores, some: NDArray[np.bool_]) -> Scores:
    members = scores.members[some]
    return Scores(scores.score[some], scores.tail_probability[some], scores.confidence[some], members)
