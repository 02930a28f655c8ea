"""How English tells a player's lag."""

from __future__ import annotations

from typing import Final

from resonance_narration.en.grammar import count
from resonance_narration.en.lag_advice import STEPS, SUPPORT
from resonance_narration.lag_phrases import LagDoubt, LagGroup, LagMeasure, LagPhrases, LagPlace

_GROUPS: Final = {
    LagGroup.ACCESS: "on the same access network",
    LagGroup.ROUTE: "on the same route by other access networks",
    LagGroup.SERVER: "on the same server by other routes",
    LagGroup.ELSEWHERE: "on other servers",
}


def _have_it(group: LagGroup, players: int) -> str:
    return f"Most of {count(players, 'player', 'players')} {_GROUPS[group]} have it too."


def _have_it_not(group: LagGroup, players: int) -> str:
    return f"Most of {count(players, 'player', 'players')} {_GROUPS[group]} do not have it."


PHRASES: Final = LagPhrases(
    places={
        LagPlace.CLIENT: "the player's device",
        LagPlace.OWN_LINE: "the player's home network or line",
        LagPlace.PROVIDER: "the provider's access network",
        LagPlace.ACCESS: "the home or access network",
        LagPlace.ROUTE: "the route to the server",
        LagPlace.SERVER: "the game server",
        LagPlace.SERVICE: "another service behind the game",
    },
    nothing="No lag out of the ordinary",
    nothing_told="The measurements show no lag out of the ordinary.",
    mostly="Lag: most likely {party} ({share})",
    either="Lag: {one} or {other}",
    extra="About {ms} ms of lag are out of the ordinary.",
    shares="By comparison the lag comes from {shares}.",
    share="{party} ({share})",
    sure="Confidence: {confidence}, the measurements agree.",
    unsure="Confidence: {confidence}, so take it as likely, not as certain.",
    guess="Confidence: {confidence}, so take it as a guess: the measurements are too few or do not agree.",
    no_verdict="This compares measurements; it says nothing about anybody's conduct.",
    value="{measure} is {value} ms, usually {usual} ms.",
    loss="{measure} is {value}, usually {usual}.",
    measures={
        LagMeasure.ROUND_TRIP: "The round trip",
        LagMeasure.JITTER: "The jitter",
        LagMeasure.LOSS: "The share of lost packets",
        LagMeasure.FRAME: "The time of a frame",
        LagMeasure.TICK: "The server's tick",
        LagMeasure.SERVICE: "The other service's answer time",
        LagMeasure.FIRST_HOP: "The round trip to the player's router",
    },
    have_it=_have_it,
    have_it_not=_have_it_not,
    doubts={
        LagDoubt.NO_HISTORY: "What is usual of this player is not known; earlier measurements would make it surer.",
        LagDoubt.HOP_OVER_TRIP: "The round trip to the router is longer than the one to the server: one of them is "
        "measured wrongly.",
        LagDoubt.TICK_DISAGREES: "Other players measure another tick of the same server; theirs was used.",
        LagDoubt.LOST: "Every packet is said to be lost, yet there is a round trip: one of them is measured wrongly.",
        LagDoubt.FRAMES_OF_ALL: "Frames are longer for most players: the game itself may have become slower.",
    },
    missing={
        LagMeasure.ROUND_TRIP: "The round trip is not measured.",
        LagMeasure.JITTER: "The jitter is not measured.",
        LagMeasure.LOSS: "The share of lost packets is not measured.",
        LagMeasure.FRAME: "The time of a frame is not measured, so nothing is known of the device.",
        LagMeasure.TICK: "The server's tick is not measured.",
        LagMeasure.SERVICE: "Other services are not measured.",
        LagMeasure.FIRST_HOP: "The round trip to the player's router is not measured.",
    },
    few={
        LagGroup.ACCESS: "Too few players on the same access network to tell this player's line from the provider.",
        LagGroup.ROUTE: "Too few players on the same route to tell the access network from the route.",
        LagGroup.SERVER: "Too few players on the same server by other routes to tell the route from the server.",
        LagGroup.ELSEWHERE: "Too few players on other servers to tell the server from other services.",
    },
    code="{shares}.",
    support=SUPPORT,
    steps=STEPS,
)
