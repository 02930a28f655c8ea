"""What is measured of a player's game, and what is usual of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from resonance_narration import LagMeasure as Measure

Measured = Mapping[Measure, float]

FLOOR: Final[Mapping[Measure, float]] = {
    Measure.ROUND_TRIP: 8.0,
    Measure.JITTER: 3.0,
    Measure.LOSS: 0.005,
    Measure.FRAME: 3.0,
    Measure.TICK: 3.0,
    Measure.SERVICE: 8.0,
    Measure.FIRST_HOP: 4.0,
}
"""Least distance from usual that is out of the ordinary, in the measure's unit: less is not felt."""
SPREADS: Final = 4.0
"""The same in robust spreads of the player's own history."""
ENOUGH: Final = 5
"""Fewest earlier measurements from which what is usual is known."""
BEST: Final = 0.25
"""Where nobody's own usual is known, the best-off quarter shows what can be had."""


@dataclass(frozen=True, slots=True)
class Player:
    """One player.

    Attributes:
        measured: What is measured now: ms, and loss as a share.
        usual: What is usual of this player.
        access, route, server: Names of where they are; only compared. "" where it is not known.
    """

    measured: Measured
    usual: Measured = field(default_factory=dict)
    access: str = ""
    route: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True)
class Ordinary:
    """What is usual and how much more is still ordinary."""

    usual: float
    margin: float

    def excess(self, value: float) -> float:
        """What the value is above usual; 0 where it is still ordinary."""
        over = value - self.usual
        return over if over > self.margin else 0.0


def from_history(history: Sequence[Measured]) -> dict[Measure, Ordinary]:
    """Median and four robust spreads of at least five earlier measurements, at least the floor."""
    found = {}
    for measure in Measure:
        values = [one[measure] for one in history if measure in one]
        if len(values) >= ENOUGH:
            found[measure] = Ordinary(median(values), max(FLOOR[measure], SPREADS * _spread(values)))
    return found


def from_usual(usual: Measured) -> dict[Measure, Ordinary]:
    """Where a player says what is usual: that, and half as much again or the floor."""
    return {measure: Ordinary(value, max(FLOOR[measure], value / 2)) for measure, value in usual.items()}


def from_others(players: Iterable[Player]) -> dict[Measure, Ordinary]:
    """The best-off quarter of those whose measurements are given now.

    Half as much again, the floor, and four robust spreads of all are still ordinary: distances differ.
    """
    found = {}
    every = list(players)
    for measure in Measure:
        values = sorted(player.measured[measure] for player in every if measure in player.measured)
        if len(values) >= ENOUGH:
            usual = values[int(BEST * (len(values) - 1))]
            found[measure] = Ordinary(usual, max(FLOOR[measure], usual / 2, SPREADS * _spread(values)))
    return found


def _spread(values: Sequence[float]) -> float:
    """Robust standard deviation, by the median absolute deviation."""
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values)
