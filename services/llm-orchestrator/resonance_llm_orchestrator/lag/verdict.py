"""The answer to "who is to blame?": shares, how sure they are, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from resonance_llm_orchestrator.lag.attribution import Comparison, comparisons_of, group_of, split
from resonance_llm_orchestrator.lag.delays import Delays, delays_of
from resonance_llm_orchestrator.lag.measured import (
    ENOUGH,
    FLOOR,
    Measured,
    Ordinary,
    Player,
    from_history,
    from_others,
    from_usual,
)
from resonance_narration import LagDoubt as Doubt
from resonance_narration import LagGroup as Group
from resonance_narration import LagMeasure as Measure
from resonance_narration import LagParty as Party

LEAST_MS: Final = 10.0
"""Lag out of the ordinary that is less is not felt."""
WHOLE: Final = 100
"""Shares are whole hundredths."""
MANY: Final = 8
"""Witnesses of a group from which on it counts in full."""
NEEDED: Final = (Measure.ROUND_TRIP, Measure.JITTER, Measure.LOSS, Measure.FRAME, Measure.TICK)
"""What each missing one of lowers the confidence; services and first hops are not measured everywhere."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the lag comes from.

    Attributes:
        delays: What is out of the ordinary.
        parts: Milliseconds by party; empty where nothing is out of the ordinary.
        shares: Hundredths by party, which add up to 100, the largest first; empty where nothing is.
        confidence: 0 to 1, see `confidence_of`.
        unusual: Value and usual value of each measure that is out of the ordinary.
        comparisons: Others, by what they share with the player.
        doubts: Why it could be less sure, with the measure or group that it is about, or "".
    """

    delays: Delays
    parts: Mapping[Party, float]
    shares: Mapping[Party, int]
    confidence: float
    unusual: Mapping[Measure, tuple[float, float]]
    comparisons: Mapping[Group, Comparison]
    doubts: Sequence[tuple[Doubt, str]]

    @property
    def culprit(self) -> Party | None:
        """The party with the largest share; None where nothing is out of the ordinary."""
        return next(iter(self.shares), None)


def verdict_of(player: Player, history: Sequence[Measured], neighbours: Sequence[Player]) -> Verdict:
    """The verdict. What is usual of the player comes from their history, else from what they say is usual, else from
    the best-off quarter of all."""
    ordinary = from_others([player, *neighbours]) | from_usual(player.usual) | from_history(history)
    measured, disagrees = _with_tick_of_all(player, neighbours)
    own = delays_of(measured, ordinary)
    comparisons = comparisons_of(_witnesses(player, own, ordinary, neighbours))
    parts = split(own, comparisons)
    doubts = _doubts(player, history, comparisons)
    if disagrees:
        doubts.append((Doubt.TICK_DISAGREES, ""))
    if own.frame and _frames_of_all(ordinary, neighbours):
        doubts.append((Doubt.FRAMES_OF_ALL, ""))
    felt = own.total >= LEAST_MS
    shares = _in_hundredths(parts) if felt else {}
    confidence = confidence_of(player, ordinary, comparisons, list(shares.values()), doubts)
    unusual = {
        measure: (value, ordinary[measure].usual)
        for measure, value in measured.items()
        if measure in ordinary and ordinary[measure].excess(value)
    }
    return Verdict(own, parts if felt else {}, shares, confidence, unusual if felt else {}, comparisons, doubts)


def _witnesses(
    player: Player, own: Delays, ordinary: Mapping[Measure, Ordinary], neighbours: Sequence[Player]
) -> list[tuple[Group, Delays]]:
    """Neighbours of whom everything is known that the player's delays are made of, and what they have.

    Where a neighbour does not say what is usual, the player's usual values stand for theirs; of round trips only where
    they share the access network or the route, for distances to a server differ.
    """
    needed = {
        measure
        for measure, delay in (
            (Measure.ROUND_TRIP, own.round_trip),
            (Measure.JITTER, own.jitter),
            (Measure.LOSS, own.loss),
        )
        if delay
    }
    found = []
    for other in neighbours:
        group = group_of(player, other)
        if group is None:
            continue
        near = group in (Group.ACCESS, Group.ROUTE)
        theirs = {measure: usual for measure, usual in ordinary.items() if near or measure is not Measure.ROUND_TRIP}
        theirs |= from_usual(other.usual)
        if needed <= theirs.keys() & other.measured.keys():
            found.append((group, delays_of(other.measured, theirs)))
    return found


def _frames_of_all(ordinary: Mapping[Measure, Ordinary], neighbours: Sequence[Player]) -> bool:
    """Whether most neighbours have longer frames too."""
    if Measure.FRAME not in ordinary:
        return False
    longer = [
        from_usual(other.usual).get(Measure.FRAME, ordinary[Measure.FRAME]).excess(other.measured[Measure.FRAME])
        for other in neighbours
        if Measure.FRAME in other.measured
    ]
    return len(longer) >= ENOUGH and median(longer) > 0


def confidence_of(
    player: Player,
    ordinary: Mapping[Measure, Ordinary],
    comparisons: Mapping[Group, Comparison],
    shares: Sequence[int],
    doubts: Sequence[tuple[Doubt, str]],
) -> float:
    """How sure a verdict is, 0 to 1: the product of

    - the share of round trip, jitter, loss, frames and ticks that are measured and of which the usual is known;
    - a half, and an eighth for each of the four groups by its players, in full from 8 on;
    - a half, and a half of the lead of the largest share over the next (1 where nothing is out of the ordinary);
    - 0.7 for each contradiction among the measurements.
    """
    measured = sum(measure in player.measured and measure in ordinary for measure in NEEDED) / len(NEEDED)
    witnesses = sum(min(1.0, one.players / MANY) for one in comparisons.values() if one.delays is not None)
    lead = (shares[0] - shares[1]) / WHOLE if shares else 1.0
    wrong = sum(doubt in (Doubt.HOP_OVER_TRIP, Doubt.TICK_DISAGREES, Doubt.LOST) for doubt, _ in doubts)
    return measured * (0.5 + witnesses / 8) * (0.5 + lead / 2) * float(0.7**wrong)


def _in_hundredths(parts: Mapping[Party, float]) -> dict[Party, int]:
    """Whole hundredths that add up to 100 (largest remainders), the largest first."""
    total = sum(parts.values())
    exact = {party: WHOLE * amount / total for party, amount in parts.items()}
    whole = {party: int(amount) for party, amount in exact.items()}
    left = WHOLE - sum(whole.values())
    for party in sorted(exact, key=lambda p: whole[p] - exact[p])[:left]:
        whole[party] += 1
    return dict(sorted(whole.items(), key=lambda item: (-item[1], -parts[item[0]])))


def _with_tick_of_all(player: Player, neighbours: Sequence[Player]) -> tuple[Measured, bool]:
    """A tick is the server's: where most on the same server measure another one, theirs counts; whether so."""
    ticks = [
        other.measured[Measure.TICK]
        for other in neighbours
        if player.server and other.server == player.server and Measure.TICK in other.measured
    ]
    own = player.measured.get(Measure.TICK)
    if own is None or len(ticks) < ENOUGH:
        return player.measured, False
    middle = median(ticks)
    if abs(own - middle) <= max(FLOOR[Measure.TICK], middle / 2):
        return player.measured, False
    return {**player.measured, Measure.TICK: middle}, True


def _doubts(
    player: Player, history: Sequence[Measured], comparisons: Mapping[Group, Comparison]
) -> list[tuple[Doubt, str]]:
    measured = player.measured
    found = [(Doubt.MISSING, str(measure)) for measure in NEEDED if measure not in measured]
    if len(history) < ENOUGH and not player.usual:
        found.append((Doubt.NO_HISTORY, ""))
    found += [(Doubt.FEW_NEIGHBOURS, str(group)) for group, one in comparisons.items() if one.delays is None]
    hop, trip = measured.get(Measure.FIRST_HOP), measured.get(Measure.ROUND_TRIP)
    if hop is not None and trip is not None and hop > trip + FLOOR[Measure.FIRST_HOP]:
        found.append((Doubt.HOP_OVER_TRIP, ""))
    if measured.get(Measure.LOSS, 0.0) >= 1 and trip is not None:
        found.append((Doubt.LOST, ""))
    return found
