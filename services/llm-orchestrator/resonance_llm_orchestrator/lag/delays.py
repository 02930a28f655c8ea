"""From measurements to milliseconds that are felt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from resonance_llm_orchestrator.lag.measured import Measured, Ordinary
from resonance_narration import LagMeasure as Measure

BUFFER: Final = 2.0
"""Mean deviations of arrival (RFC 3550) that a jitter buffer holds back."""
LEAST_TIMEOUT_MS: Final = 200.0
"""Least time after which a lost packet is sent again, as common stacks have it; RFC 6298 with its granularity."""
MOST_LOSS: Final = 0.5
"""Loss beyond which a connection is gone rather than slow."""


@dataclass(frozen=True, slots=True)
class Delays:
    """What is out of the ordinary of one player, milliseconds that are felt, each at least 0.

    Attributes:
        frame: Longer frames.
        round_trip: Longer round trips.
        jitter: What a jitter buffer holds back more.
        loss: What sending again costs more, on average.
        tick: Longer ticks of the server.
        service: Longer answers of another service.
        first_hop: Longer round trips to the player's own router; a part of `round_trip`, not beside it.
    """

    frame: float = 0.0
    round_trip: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    tick: float = 0.0
    service: float = 0.0
    first_hop: float = 0.0

    @property
    def network(self) -> float:
        """round_trip + jitter + loss."""
        return self.round_trip + self.jitter + self.loss

    @property
    def total(self) -> float:
        """frame + network + tick + service."""
        return self.frame + self.network + self.tick + self.service


def delays_of(measured: Measured, ordinary: Mapping[Measure, Ordinary]) -> Delays:
    """The delays; what was not measured, or of which nothing usual is known, adds nothing.

    Frames, round trips, ticks and services count by what they are above usual. Jitter counts twice, for its buffer.
    With a loss p a packet is sent p / (1 - p) times more on average, each time after
    max(200 ms, round trip + 4 × jitter); what that is above its usual value counts.
    """

    def over(measure: Measure) -> float:
        known = measure in measured and measure in ordinary
        return ordinary[measure].excess(measured[measure]) if known else 0.0

    return Delays(
        over(Measure.FRAME),
        over(Measure.ROUND_TRIP),
        BUFFER * over(Measure.JITTER),
        _resending(measured, ordinary) if over(Measure.LOSS) else 0.0,
        over(Measure.TICK),
        over(Measure.SERVICE),
        over(Measure.FIRST_HOP),
    )


def _resending(measured: Measured, ordinary: Mapping[Measure, Ordinary]) -> float:
    usual = ordinary[Measure.ROUND_TRIP].usual if Measure.ROUND_TRIP in ordinary else 0.0
    trip, jitter = measured.get(Measure.ROUND_TRIP, usual), measured.get(Measure.JITTER, 0.0)
    timeout = max(LEAST_TIMEOUT_MS, trip + 4 * jitter)
    return timeout * (_again(measured[Measure.LOSS]) - _again(ordinary[Measure.LOSS].usual))


def _again(loss: float) -> float:
    """How often a packet is sent again, on average."""
    held = min(loss, MOST_LOSS)
    return held / (1 - held)
