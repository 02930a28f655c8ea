"""A made-up game: players on access networks, routes and servers, each with values of their own, and planted faults."""

from __future__ import annotations

import random
from dataclasses import dataclass

from resonance_llm_orchestrator.lag.measured import Measured, Player
from resonance_narration import LagMeasure as Measure
from resonance_narration import LagParty as Party


@dataclass(frozen=True)
class Seat:
    """Where a player is, and what is usual there."""

    access: str
    route: str
    server: str
    usual: Measured


class World:
    """Two routes with four access networks each, three servers; every usual value is drawn for each player."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seats = [
            Seat(f"access-{route}{access}", f"route-{route}", f"server-{server}", self._usual())
            for route in range(2)
            for access in range(4)
            for server in range(3)
            for _ in range(5)
        ]
        self.me = self.random.choice(self.seats)

    def _usual(self) -> Measured:
        draw = self.random
        trip = draw.uniform(20, 110)
        return {
            Measure.ROUND_TRIP: trip,
            Measure.JITTER: draw.uniform(1, 6),
            Measure.LOSS: draw.uniform(0, 0.004),
            Measure.FRAME: draw.choice([7.0, 16.7, 33.3]),
            Measure.TICK: draw.uniform(14, 18),
            Measure.SERVICE: draw.uniform(20, 60),
            Measure.FIRST_HOP: draw.uniform(1, min(8, trip)),
        }

    def measured(self, seat: Seat, fault: Party | None, kind: str, size: float) -> Measured:
        """What a player measures: usual values that scatter by a twentieth, and the fault where it reaches them."""
        now = {m: max(0.0, v * self.random.gauss(1, 0.05)) for m, v in seat.usual.items()}
        reach = {
            Party.CLIENT: seat is self.me,
            Party.ACCESS: seat is self.me if kind == "own" else seat.access == self.me.access,
            Party.ROUTE: seat.route == self.me.route,
            Party.SERVER: seat.server == self.me.server,
            Party.SERVICE: True,
        }
        if fault is None or not reach[fault]:
            return now
        felt = size * self.random.uniform(0.85, 1.15)
        if fault is Party.CLIENT:
            now[Measure.FRAME] += felt
        elif fault is Party.SERVICE:
            now[Measure.SERVICE if kind != "tick" else Measure.TICK] += felt
        elif fault is Party.SERVER and kind == "tick":
            now[Measure.TICK] += felt
        elif kind == "loss":
            now[Measure.LOSS] += felt / 400
        elif kind == "jitter":
            now[Measure.JITTER] += felt / 2
        else:
            now[Measure.ROUND_TRIP] += felt
        return now

    def case(
        self, fault: Party | None, kind: str = "", size: float = 80.0, others_usual: bool = True
    ) -> tuple[Player, list[Measured], list[Player]]:
        """The player, their history and their neighbours."""
        history = [self.measured(self.me, None, "", 0) for _ in range(20)]

        def player(seat: Seat, usual: Measured) -> Player:
            return Player(self.measured(seat, fault, kind, size), usual, seat.access, seat.route, seat.server)

        neighbours = [player(s, s.usual if others_usual else {}) for s in self.seats if s is not self.me]
        return player(self.me, {}), history, neighbours
