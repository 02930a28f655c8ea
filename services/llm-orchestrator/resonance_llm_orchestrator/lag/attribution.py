"""Whose part is whose. The split is additive: every millisecond that is out of the ordinary goes to one party.

- Frames are the client's.
- A tick's excess is the server's; as much of it as the players on other servers have too is another service's.
- A service's excess is another service's.
- The network's excess n = round trip + jitter + loss is split by who shares it. Let O be what players on other servers
  and other routes have of it too: the sum over the three of the smaller of the player's and their median. S the same of
  those on the same server by other routes, R of those on the same route by other access networks. What others share is
  nested: M_O = O, M_S = max(S, M_O), M_R = max(R, M_S). Then another service gets M_O, the server M_S - M_O, the route
  M_R - M_S, and the access network n - M_R. An excess of the first hop is the access network's before all that.
- Where a group is too small to compare with, the levels that cannot be told apart share equally what lies between those
  that can: with S unknown, server and route get (M_R - M_O) / 2 each. Another service gets nothing of that: it needs
  witnesses. What players of the same access network do not have is the access network's (this player's own line).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from resonance_llm_orchestrator.lag.delays import Delays
from resonance_llm_orchestrator.lag.measured import Player
from resonance_narration import LagGroup as Group
from resonance_narration import LagParty as Party

WITNESSES: Final = 3
"""Fewest players of a group whose median is believed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a group has out of the ordinary.

    Attributes:
        players: How many.
        delays: Their medians; None of a group that is too small.
    """

    players: int
    delays: Delays | None


def group_of(player: Player, other: Player) -> Group | None:
    """What the other shares with the player; None where that is not known, or tells nothing."""
    same = {name: _same(getattr(player, name), getattr(other, name)) for name in ("access", "route", "server")}
    if same["access"]:
        return Group.ACCESS if same["server"] is not False else None
    if same["route"]:
        return Group.ROUTE if same["server"] is not False else None
    if same["server"]:
        return Group.SERVER if same["route"] is False or same["access"] is False else None
    return Group.ELSEWHERE if same["server"] is False and not same["route"] else None


def comparisons_of(witnesses: Sequence[tuple[Group, Delays]]) -> dict[Group, Comparison]:
    """The groups' medians, part by part."""
    members: dict[Group, list[Delays]] = {group: [] for group in Group}
    for group, delays in witnesses:
        members[group].append(delays)
    return {group: Comparison(len(found), _middle(found)) for group, found in members.items()}


def split(own: Delays, comparisons: Mapping[Group, Comparison]) -> dict[Party, float]:
    """Milliseconds of each party, each at least 0; they add up to `own.total`."""
    elsewhere = comparisons[Group.ELSEWHERE].delays
    of_all = min(own.tick, elsewhere.tick) if elsewhere else 0.0
    parts = {
        Party.CLIENT: own.frame,
        Party.ACCESS: 0.0,
        Party.ROUTE: 0.0,
        Party.SERVER: own.tick - of_all,
        Party.SERVICE: own.service + of_all,
    }
    for party, amount in _network(own, comparisons).items():
        parts[party] += amount
    return parts


def _network(own: Delays, comparisons: Mapping[Group, Comparison]) -> dict[Party, float]:
    at_home = min(own.network, own.first_hop)
    rest = own.network - at_home
    seen = {group: _shared(own, rest, comparisons[group]) for group in Group}
    elsewhere = seen[Group.ELSEWHERE] or 0.0
    levels = ((Party.SERVER, seen[Group.SERVER]), (Party.ROUTE, seen[Group.ROUTE]))
    beyond = max([elsewhere, *(amount for _, amount in levels if amount is not None)])
    neighbours = seen[Group.ACCESS]
    # What those on the same access network do not have either is this player's own.
    top = rest if neighbours is None else max(neighbours, beyond)
    parts = dict.fromkeys(Party, 0.0) | {Party.SERVICE: elsewhere, Party.ACCESS: at_home + rest - top}
    below, waiting = elsewhere, list[Party]()
    for party, amount in (*levels, (Party.ACCESS, top)):
        waiting.append(party)
        if amount is None:
            continue
        reached = max(amount, below)
        for one in waiting:
            parts[one] += (reached - below) / len(waiting)
        below, waiting = reached, []
    return parts


def _shared(own: Delays, rest: float, comparison: Comparison) -> float | None:
    """How much of the rest a group has too: part by part, no more than the player has; None where it is not known."""
    if comparison.delays is None:
        return None
    theirs = comparison.delays
    alike = min(own.round_trip, theirs.round_trip) + min(own.jitter, theirs.jitter) + min(own.loss, theirs.loss)
    return min(rest, alike)


def _middle(found: Sequence[Delays]) -> Delays | None:
    if len(found) < WITNESSES:
        return None
    return Delays(*(median(getattr(one, name) for one in found) for name in Delays.__slots__))


def _same(one: str, other: str) -> bool | None:
    return None if not one or not other else one == other
