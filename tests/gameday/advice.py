"""What an operator sees and does at each fault, in a few sentences: the page of the game day has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resonance_contracts.topics import Service

# What stands still while a container does.
WITHOUT: Final[Mapping[str, str]] = {
    Service.GATEWAY: (
        "Clients have no connection and operators no answers; clients of `resonance_client` connect again and send "
        "what was not acknowledged."
    ),
    Service.FEATURE_EXTRACTOR: "Clients notice nothing; no vectors come, so alerts come late, all of them.",
    Service.PREDICTOR: "Clients notice nothing; nothing is scored, alerts come late, questions about scores time out.",
    Service.XAI: "Alerts come at once; their explanations come late, and questions for reasons time out.",
    Service.LLM_ORCHESTRATOR: "Incidents open at once; their words come late, and questions for words time out.",
    Service.AUTO_RETRAINER: "Nothing that is scored changes; trainings wait, and questions about them time out.",
    "redis": (
        "Frames are taken and alerts come. Limits are kept by each gateway alone, answers are not shared between "
        "replicas, and what Redis held is made again from Kafka."
    ),
    "minio": "Everything goes on from memory; state is kept, and the input committed, once the store is back.",
    "kafka": (
        "Connections stay open and nothing is acknowledged: frames wait at the gateway, and at the clients beyond its "
        "bound. Everything that follows waits too."
    ),
}
ALIAS: Final = (
    "Who connects a container again by hand gives it its name, too: `docker network connect --alias {0} "
    "resonance_default CONTAINER`; without it nobody finds it. `docker compose up -d --force-recreate {0}` does both."
)


def killed(name: str) -> str:
    """A process died."""
    return (
        f"{WITHOUT[name]} The engine starts it again by itself; look at `docker compose logs {name}` for why it died."
    )


def paused(name: str) -> str:
    """A process stood still."""
    return (
        f"{WITHOUT[name]} Its health check fails, and the engine does nothing about that: "
        f"`docker compose unpause {name}`, or `docker compose restart {name}` where it hangs by itself."
    )


def disconnected(name: str) -> str:
    """A container was off the network."""
    return f"{WITHOUT[name]} {ALIAS.format(name)}"


def replaced(name: str) -> str:
    """A container was replaced."""
    return (
        f"As a release does it: `docker compose up -d --no-deps {name}` drains it, and makes it anew. {WITHOUT[name]} "
        "That lasts for as long as it needs to start."
    )


def out_of_memory(name: str) -> str:
    """The kernel ended a process."""
    return (
        f"The kernel ends it, and the engine starts it by itself. {WITHOUT[name]} Raise its limit in "
        "`deploy/compose/core.yml` where it comes again."
    )


_CONNECTIONS: Final[Mapping[str, str]] = {
    "kafka": "Frames are acknowledged late, and every alert is late by the hops that it makes.",
    "minio": "State is kept late; nobody else notices.",
    "redis": "Limits are kept by each gateway alone where Redis does not answer in time; frames do not wait for it.",
    "clients": "Acknowledgements come late; what was sent and not acknowledged is sent again over the next connection.",
}
_HOWS: Final[Mapping[str, str]] = {
    "slow": "Nothing breaks: look at the latency of the network between the machines.",
    "narrow": "What waits is bounded, and is caught up: look who fills the line.",
    "reset": "Clients try again with growing waits: look for a proxy or a firewall that ends connections.",
    "silent": "Nobody is told that a connection is dead, so each client finds out by its own time-out: look for a "
    "firewall that drops packets.",
    "cut": "Everybody hears it at once and tries again; nothing is to be done but to bring the network back.",
}


def connection(name: str, how: str) -> str:
    """A connection was bad."""
    return f"{_CONNECTIONS[name]} {_HOWS[how]}"


_FULL: Final[Mapping[str, str]] = {
    "minio": (
        "The store refuses to write, and services say so (`degraded`) and go on from memory. Give it room; the input "
        "since the last snapshot is committed with the next one, and nothing is to be started again."
    ),
    "kafka": (
        "The broker cannot write its log, takes the directory offline, and ends; nothing is acknowledged meanwhile. "
        "Give it room first, then let it start: it goes on from what it had acknowledged."
    ),
    "tmp": "Nobody notices: what services write for themselves is not needed to go on. Remove it.",
}


def full(name: str) -> str:
    """A disk was full."""
    return _FULL[name]


_CLOCKS: Final[Mapping[str, str]] = {
    "clock-ahead": (
        "Events are stamped by a clock that is set once, at the start of a gateway, and never jumps. Set the clock "
        "right."
    ),
    "clock-behind": "As when it jumps ahead: what runs goes on by its own clock. Set the clock right.",
    "clock-far": (
        "A store refuses requests that are signed more than 15 minutes off, so state is not kept, and services say so. "
        "Set the clock right; what was not kept is kept then."
    ),
    "clock-start-ahead": (
        "A gateway that starts with a wrong clock stamps what comes with it. Set the clock right, then restart the "
        "gateway."
    ),
    "clock-start-behind": (
        "A gateway that starts with a wrong clock stamps what comes with it. Set the clock right, then restart the "
        "gateway."
    ),
}


def clock(name: str) -> str:
    """A clock was wrong."""
    return _CLOCKS[name]
