"""Who is in a crowd: how lively, from where, what they write. A function of a seed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.crowd.wire import frame

CHANNELS: Final = ("lobby", "general", "news", "sports", "music", "games", "travel", "cooking", "science", "movies")
_PALETTE: Final = 4
"""Different messages of a person; each is encoded once."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """A crowd and what it does.

    Attributes:
        users: How many people there are; all of them come in turn.
        online: Connections that are open at a time, one a person.
        rate: Frames a second of all together.
        session_s: How long a visit lasts, in the mean; 0 for as long as there is a crowd.
        misbehave_s: Seconds from one misdeed to the next; 0 for none.
        abrupt: Share of the visits that end without a farewell.
        prefix: User ids begin so.
        seed: Of everything that is drawn.
        forwarded: Whether each connection names an address of its user in X-Forwarded-For.
    """

    users: int
    online: int
    rate: float
    session_s: float = 0.0
    misbehave_s: float = 0.0
    abrupt: float = 0.0
    prefix: str = "crowd"
    seed: int = 1
    forwarded: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """One of a crowd.

    Attributes:
        user: User id.
        address: Where they are; of the range that is kept for measurements (RFC 2544).
        weight: How lively they are, 1 in the mean.
        messages: What they write, as frames.
        forbidden: What they are not allowed to write, as a frame.
        subscribe: How they begin, as a frame.
    """

    user: str
    address: str
    weight: float
    messages: tuple[bytes, ...]
    forbidden: bytes
    subscribe: bytes


def person(crowd: Crowd, number: int) -> Person:
    """The n-th person, from 0."""
    chance = Random(f"{crowd.seed}/{crowd.prefix}/{number}")
    channels = chance.sample(CHANNELS, chance.randint(1, 4))
    size = chance.lognormvariate(4.4, 0.5)
    return Person(
        f"{crowd.prefix}-{number:06d}",
        f"198.{18 + (number >> 16 & 1)}.{number >> 8 & 255}.{number & 255}",
        chance.uniform(0.4, 1.6),
        tuple(_message(chance.choice(channels), max(2, int(size * chance.uniform(0.4, 2.0)))) for _ in range(_PALETTE)),
        _encoded({"type": "publish", "channel": f"admin.{channels[0]}", "data": {"text": "x" * 20}}),
        _encoded({"type": "subscribe", "channels": channels}),
    )


def gap(chance: Random) -> float:
    """From one message to the next, in mean gaps: bursts and pauses, as in a conversation."""
    return chance.expovariate(1 / 0.4) if chance.random() < 0.8 else chance.expovariate(1 / 3.4)


def _message(channel: str, size: int) -> bytes:
    return _encoded({"type": "message", "channel": channel, "data": {"text": "x" * size}})


def _encoded(said: dict[str, object]) -> bytes:
    return frame(json.dumps(said).encode())
