"""Streams in which nothing changes: the simulator's people, and made ones whose vectors are related in every way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.gathering import vectors_of
from resonance_contracts.features import WIDTH
from resonance_modeling.scales import to_scale
from resonance_training.drift.blocks import Block, BlockLog
from tests.bench.stationary.days import BEGIN_S, Crowd

Floats = NDArray[np.float64]

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
BEGIN_US: Final = round(BEGIN_S * 1e6)
QUARTERS: Final = 96
"""Of an hour, in a day: how often made people say something of themselves."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some vectors, on the scales of comparison: users, ends in microseconds, rows (n, WIDTH)."""

    users: list[str]
    ends_us: list[int]
    rows: Floats


def log() -> BlockLog:
    """An empty log, of rows that are on the scales of comparison already."""
    return BlockLog(WIDTH, HOUR_US, 100_000, lambda rows: rows)


def people(first: int, count: int, days: int) -> Iterator[Piece]:
    """The vectors of some of the simulator's people."""
    end_us = BEGIN_US + days * DAY_US
    for batch in Crowd(first, count, days).vectors(days + 1):
        if batch.vector_id and batch.end_us[0] < end_us:
            vectors = vectors_of(batch)
            yield Piece(list(vectors.users), list(vectors.end_us), to_scale(vectors.values))


@dataclass(frozen=True, slots=True)
class Made:
    """Made people: each has habits, moods that last for hours, and a daily cycle; features are related.

    Attributes:
        people: How many.
        mood: Share of a mood that is left a quarter of an hour later.
        days: Standard deviation of what a day is like for everybody.
        weekend: How far a weekend is from the rest of the week.
        leave: Share of them who are replaced by others on a day.
        tails: Degrees of freedom of what they do beside that, Student's t; 0 is normal.
    """

    people: int = 60
    mood: float = 0.9
    days: float = 0.0
    weekend: float = 0.0
    leave: float = 0.0
    tails: float = 0.0

    def blocks(self, days: int, seed: int) -> list[Block]:
        """Of so many days."""
        random, into = np.random.default_rng(seed), log()
        mixing = np.eye(WIDTH) + 0.3 * random.standard_normal((WIDTH, WIDTH))
        phases = random.uniform(0, 2 * np.pi, WIDTH)
        habits, names = self._drawn(random, self.people), np.arange(self.people)
        mood, strength = self._drawn(random, self.people), np.sqrt(1 - self.mood**2)
        for quarter in range(days * QUARTERS):
            if quarter % QUARTERS == 0:
                day = self.days * random.standard_normal(WIDTH) + self.weekend * (quarter // QUARTERS % 7 >= 5)
                gone = random.random(self.people) < self.leave
                habits[gone], names[gone] = self._drawn(random, int(gone.sum())), names[gone] + self.people
            mood = self.mood * mood + strength * self._drawn(random, self.people)
            cycle = 0.3 * np.cos(2 * np.pi * quarter / QUARTERS + phases)
            rows = (0.6 * habits + 0.6 * mood + 0.5 * self._drawn(random, self.people)) @ mixing + cycle + day
            hour = quarter % QUARTERS / 4
            there = np.flatnonzero(random.random(self.people) < 0.45 - 0.25 * np.cos(2 * np.pi * (hour - 3) / 24))
            ends = quarter * (HOUR_US // 4) + there
            into.add([f"{names[i]}" for i in there], ends.tolist(), rows[there])
        return into.over()

    def _drawn(self, random: np.random.Generator, count: int) -> Floats:
        shape = (count, WIDTH)
        if not self.tails:
            return random.standard_normal(shape)
        drawn: Floats = random.standard_t(self.tails, shape) / np.sqrt(self.tails / (self.tails - 2))
        return drawn


MADE: Final = {
    "moods that last for hours": Made(),
    "moods, 12 people": Made(people=12),
    "heavy tails (t, 3 degrees)": Made(tails=3.0),
    "good and bad days": Made(days=0.1),
    "weekends": Made(weekend=0.3),
}
LEAVING: Final = "one in 30 is replaced every day"
"""In these something changes slowly: who is there. It is small, and to be seen in time, not to be trained for."""
