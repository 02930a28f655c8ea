"""Watches whether blocks are still like those of a reference, feature by feature and jointly.

    block ──▶ statistics ──▶ expected? ──▶ surprise ──▶ evidence ──▶ alarm where it is enough, and the change matters
              (Units)        (Expectation)              (Evidence)          (Changes: how large it is)

Alarms, significance alone, are no more often than the stated rate: the threshold of evidence is the number of blocks
of the time in which one false alarm is accepted, and what all series say is weighed so that it holds for all together.
What is said is a function of the reference and the blocks judged, in order: so a state needs no more than the blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_training.drift.blocks import Block
from resonance_training.drift.changes import Changes
from resonance_training.drift.evidence import Evidence
from resonance_training.drift.expectation import DAY_US, Expectation
from resonance_training.drift.statistics import Units
from resonance_training.drift.steadiness import Steadiness

Floats = NDArray[np.float64]

LEVELS: Final = 0.5
SPREADS: Final = 0.25
RELATIONS: Final = 0.25
"""Shares of the rate of false alarms that levels, spreads and relations of values are given."""
LARGEST: Final = 700.0
"""Evidence is told up to exp of this."""


class What(StrEnum):
    """What of the values changed, and in which units its effect is told."""

    LEVEL = "level"
    """Standard deviations of the reference's vectors."""
    SPREAD = "spread"
    """Logarithm of how many times the reference's standard deviation it is."""
    RELATION = "relation"
    """Difference of arctanh of the correlation of two features."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of an alarm.

    Attributes:
        alarms_per_day: Expected false alarms a day of event time, at most, all features and the joint watch together.
        least_effect: Changes that are smaller, in the units of `What`, do not matter however sure they are.
    """

    alarms_per_day: float = 1.0 / 30.0
    least_effect: float = 0.25


@dataclass(frozen=True, slots=True)
class Change:
    """The change there is most evidence of, in one feature or between features.

    Attributes:
        what: What of the values.
        features: Index of the feature, or of the two whose relation it is.
        effect: How large it is, in the units of `what`; negative is less.
        low, high: Interval of 95 % about it.
        since_us: When it began, most likely; microseconds since the epoch.
        evidence: Of all changes of that feature, or of all relations; 1 is enough for an alarm.
        matters: Whether the effect is at least the least one.
    """

    what: What
    features: tuple[int, ...]
    effect: float
    low: float
    high: float
    since_us: int
    evidence: float
    matters: bool

    @property
    def drifted(self) -> bool:
        """Whether it is sure and matters."""
        return self.evidence >= 1.0 and self.matters


class Watch:
    """Judges blocks after a reference.

    Attributes:
        judged: Blocks that were judged.
        last: Number of the newest block that is known; -1 for none.

    Args:
        reference: Blocks of the time from which the model was learned, in order, at least one.
        width: Values per vector.
        block_us: Length of a block, microseconds; it divides a day.
        terms: What is asked of an alarm.
    """

    def __init__(self, reference: Sequence[Block], width: int, block_us: int, terms: Terms) -> None:
        self.judged = 0
        self.last = -1
        self._terms = terms
        self._width = width
        self._block_us = block_us
        self._day = max(DAY_US // block_us, 1)
        self._units = Units.of(reference)
        self._rows, self._columns = np.triu_indices(width, 1)
        series = 2 * width + len(self._rows)
        self._expectation = Expectation(series, block_us)
        self._steadiness = Steadiness(np.repeat(np.arange(3), [width, width, len(self._rows)]), self._day)
        self._log_weights = _log_weights(width, len(self._rows))
        self._parts = np.concatenate([np.arange(width), np.arange(width), np.full(len(self._rows), width)])
        self._log_enough = log(max(self._day / terms.alarms_per_day, 1.0))
        self.forget()
        for block in reference:
            self._learn(block, self._units.measure(block), None)

    @property
    def lacks(self) -> int:
        """Blocks that are still to be learned from before any is judged: a day of them is, at least."""
        return max(self._day - self._expectation.learned, 0)

    def judge(self, block: Block) -> None:
        """Adds a block, which must be a later one than all before, to what is known and to the evidence.

        While less than a day is known, it is learned from alone.
        """
        values = self._units.measure(block)
        if self.lacks:
            self._learn(block, values, None)
            return
        surprise = self._surprise(block, values)
        begins = self._evidence.add(surprise / np.sqrt(self._steadiness.variance))
        self._changes.add(begins, block.number, values, self._expectation)
        self._learn(block, values, surprise)
        self.judged += 1

    def changes(self) -> list[Change]:
        """The likeliest change of each feature, and at the end that of the relations: (width + 1)."""
        log_each = self._log_weights + self._evidence.log_mean
        return [self._change(np.flatnonzero(self._parts == part), log_each) for part in range(self._width + 1)]

    def forget(self) -> None:
        """Begins anew to gather evidence; what is expected is kept."""
        series = len(self._parts)
        self._evidence = Evidence(series)
        self._changes = Changes(series, self._expectation.coefficients.shape[1])

    def _learn(self, block: Block, values: Floats, surprise: Floats | None) -> None:
        if surprise is None and not self.lacks:
            surprise = self._surprise(block, values)
        if surprise is not None:
            self._steadiness.learn(surprise)
        self._expectation.learn(block.number, block.vectors, values)
        self.last = block.number

    def _surprise(self, block: Block, values: Floats) -> Floats:
        return self._expectation.surprise(block.number, block.vectors, values, self._steadiness.variance)

    def _change(self, members: NDArray[np.intp], log_each: Floats) -> Change:
        series = int(members[np.argmax(log_each[members])])
        log_evidence = float(np.logaddexp.reduce(log_each[members])) - self._log_enough
        size, low, high, first = self._changes.of(
            series,
            int(self._evidence.likeliest[series]),
            self._expectation,
            float(self._steadiness.variance[series]),
        )
        what, features = self._named(series)
        return Change(
            what=what,
            features=features,
            effect=size,
            low=low,
            high=high,
            since_us=first * self._block_us,
            evidence=exp(min(log_evidence, LARGEST)),
            matters=abs(size) >= self._terms.least_effect,
        )

    def _named(self, series: int) -> tuple[What, tuple[int, ...]]:
        if series < 2 * self._width:
            return (What.LEVEL if series < self._width else What.SPREAD), (series % self._width,)
        pair = series - 2 * self._width
        return What.RELATION, (int(self._rows[pair]), int(self._columns[pair]))


def _log_weights(width: int, pairs: int) -> Floats:
    """Of each series, (2 · width + pairs,); the weights add up to 1, or to less where there are no pairs."""
    levels, spreads = np.full(width, LEVELS / width), np.full(width, SPREADS / width)
    found: Floats = np.log(np.concatenate([levels, spreads, np.full(pairs, RELATIONS / max(pairs, 1))]))
    return found
