"""What is tracked: one event of one user, and the streams that events belong to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb

LIVE: Final = "live"
REPLAY_PREFIX: Final = "replay:"


class Kind(IntEnum):
    """Kinds of events, as on the wire."""

    MESSAGE = pb.ACTIVITY_KIND_MESSAGE
    CONNECT = pb.ACTIVITY_KIND_CONNECT
    DISCONNECT = pb.ACTIVITY_KIND_DISCONNECT
    LOGIN = pb.ACTIVITY_KIND_LOGIN
    SUBSCRIBE = pb.ACTIVITY_KIND_SUBSCRIBE
    UNSUBSCRIBE = pb.ACTIVITY_KIND_UNSUBSCRIBE
    LIMITED = pb.ACTIVITY_KIND_LIMITED
    ERASED = pb.ACTIVITY_KIND_ERASED


class Activity(msgspec.Struct, frozen=True, gc=False):
    """One event. A msgspec struct, because one is made for every frame.

    Attributes:
        user_key: Pseudonym of the user.
        source: Where the event was numbered; (source, sequence) is its id.
        sequence: Number within the source, from 1, ascending.
        time_us: Event time, in microseconds since the epoch.
        kind: What happened.
        size: Bytes of payload.
        channel: Channel named, "" for none.
        address: Pseudonym of the address.
        token: Pseudonym of the token.
        error: Whether the frame was refused or answered with an error.
        received_us: When the gateway read the frame.
    """

    user_key: str
    source: str
    sequence: int
    time_us: int
    kind: int
    size: int
    channel: str
    address: str
    token: str
    error: bool
    received_us: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of events with its own watermark and state: "live" or "replay:<id>".

    Attributes:
        name: As on the wire.
        by_backends: Whether backends may have stamped its events: these go their own way, which promises no watermark.
    """

    name: str
    by_backends: bool = False

    @property
    def is_replay(self) -> bool:
        """Whether its times come from the record that is replayed."""
        return self.name != LIVE

    @property
    def clock_kind(self) -> pb.ClockKind:
        """Where its times come from, as on the wire."""
        if self.is_replay:
            return pb.CLOCK_KIND_REPLAY
        return pb.CLOCK_KIND_BACKEND if self.by_backends else pb.CLOCK_KIND_GATEWAY


LIVE_STREAM: Final = Stream(LIVE)
BACKENDS_STREAM: Final = Stream(LIVE, by_backends=True)
