"""What a language brings to a player's lag. The names in braces are filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from resonance_narration.facts import Role


class LagParty(StrEnum):
    """Where lag can come from."""

    CLIENT = "client"
    ACCESS = "access"
    ROUTE = "route"
    SERVER = "server"
    SERVICE = "service"


class LagGroup(StrEnum):
    """Other players, by what they share with the player."""

    ACCESS = "same_access"
    ROUTE = "same_route"
    SERVER = "same_server"
    ELSEWHERE = "elsewhere"


class LagMeasure(StrEnum):
    """What is measured of a player's game."""

    ROUND_TRIP = "rtt_ms"
    JITTER = "jitter_ms"
    LOSS = "loss"
    FRAME = "frame_time_ms"
    TICK = "server_tick_ms"
    SERVICE = "service_ms"
    FIRST_HOP = "first_hop_ms"


class LagDoubt(StrEnum):
    """Why an answer could be less sure."""

    MISSING = "missing"
    NO_HISTORY = "no_history"
    FEW_NEIGHBOURS = "few_neighbours"
    HOP_OVER_TRIP = "hop_over_trip"
    TICK_DISAGREES = "tick_disagrees"
    LOST = "lost"
    FRAMES_OF_ALL = "frames_of_all"


class LagPlace(StrEnum):
    """How a party is spoken of: the access network by who shares its part."""

    CLIENT = "client"
    OWN_LINE = "own_line"
    PROVIDER = "provider"
    ACCESS = "access"
    ROUTE = "route"
    SERVER = "server"
    SERVICE = "service"


class LagSubject(StrEnum):
    """What advice depends on, for those who are not asked by the player: whose it is to mend."""

    NOTHING = "nothing"
    DEVICE = "device"
    OUTSIDE = "outside"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class LagPhrases:
    """Sentences and their parts.

    Attributes:
        places: Names of parties in the nominative.
        nothing: Title where no lag is out of the ordinary; `nothing_told`: the sentence.
        mostly, either: Titles where one party leads, and where two can hardly be told apart.
        extra: How much lag is out of the ordinary.
        shares: All shares; `share`: one of them.
        sure, unsure, guess: The confidence, by its size; `no_verdict`: what it is not.
        value: A measure out of the ordinary, in milliseconds; `loss`: a share.
        measures: Names of measures at the beginning of a sentence.
        have_it, have_it_not: What a group has, by the group; with the number of players.
        doubts: Sentences; `missing` and `few` by measure and by group.
        code: How a developer reads a share.
        support: Steps for support, by place.
        steps: Steps by role and by whose it is to mend; support has those of `support` where something is.
    """

    places: Mapping[LagPlace, str]
    nothing: str
    nothing_told: str
    mostly: str
    either: str
    extra: str
    shares: str
    share: str
    sure: str
    unsure: str
    guess: str
    no_verdict: str
    value: str
    loss: str
    measures: Mapping[LagMeasure, str]
    have_it: Callable[[LagGroup, int], str]
    have_it_not: Callable[[LagGroup, int], str]
    doubts: Mapping[LagDoubt, str]
    missing: Mapping[LagMeasure, str]
    few: Mapping[LagGroup, str]
    code: str
    support: Mapping[LagPlace, tuple[str, ...]]
    steps: Mapping[Role, Mapping[LagSubject, tuple[str, ...]]]
