"""Who is on a connection, and how its events are stamped and numbered.

Events of frames are numbered in the connection's source, 1, 2, 3 …; on a replay the client names the source and
the first number, so frames sent again are the same events.

Connect, login and disconnect are numbered in `<source>#session`. On a live connection they are 1, 2, 3. On a replay
the number is 4 x time + 0, 1 or 2, with the time that the client gave in microseconds: a client that reconnects with
the same source and time writes the same connect and login again, and readers drop them as repeats. A later
session of the same source has a later time, so its numbers ascend.

A subscription to several channels is one frame and one event per channel: the last is numbered as the frame,
those before it in `<source>#channels` as 64 x the frame's number + i. They go before the frame's own event, so
an acknowledgement of the frame covers them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from resonance_gateway.auth.tokens import Principal
from resonance_gateway.limits.buckets import NOBODYS, Bucket
from resonance_gateway.sockets.frames import MAX_CHANNELS_PER_FRAME
from resonance_gateway.tracking.activity import Activity, Kind, Stream

_SESSION_RANK: Final = {Kind.CONNECT: 0, Kind.LOGIN: 1, Kind.DISCONNECT: 2}


@dataclass(slots=True)
class Session:
    """An authenticated connection.

    Attributes:
        principal: Whom the token speaks for.
        user_key, token, address: Pseudonyms.
        stream: Stream that the events belong to.
        source: Source of the events of frames, unique over users and streams.
        limiter_key: A replay's bucket of the rate limiter, on its own clock.
        next_sequence: Number of the next tracked frame.
        last_us: Newest event time.
        subscriptions: Channels it has asked for.
        ended: Whether the disconnect was already told.
        renewed_us: When it last came with a new token.
        user_bucket, address_bucket: What a live session is limited by, with others of its user and address.
        plain: Whether its frames are stamped by the gateway, so that a message is an event and nothing else.
    """

    principal: Principal
    user_key: str
    token: str
    address: str
    stream: Stream
    source: str
    limiter_key: str
    next_sequence: int
    last_us: int
    subscriptions: frozenset[str] = frozenset()
    ended: bool = False
    renewed_us: int = 0
    user_bucket: Bucket = NOBODYS
    address_bucket: Bucket = NOBODYS
    plain: bool = field(init=False)

    def __post_init__(self) -> None:
        self.plain = not self.stream.is_replay

    def frame_event(
        self,
        kind: Kind,
        *,
        received_us: int,
        time_us: int,
        size: int,
        channel: str,
        address: str,
        error: bool,
    ) -> Activity:
        """The event of the next tracked frame; takes its number."""
        sequence = self.next_sequence
        self.next_sequence = sequence + 1
        if time_us > self.last_us:
            self.last_us = time_us
        return Activity(
            self.user_key,
            self.source,
            sequence,
            time_us,
            kind,
            size,
            channel,
            address,
            self.token,
            error,
            received_us,
        )

    def channel_event(
        self, kind: Kind, index: int, channel: str, *, received_us: int, time_us: int, address: str
    ) -> Activity:
        """The event of one further channel that the next tracked frame names."""
        return Activity(
            self.user_key,
            f"{self.source}#channels",
            self.next_sequence * MAX_CHANNELS_PER_FRAME + index,
            time_us,
            kind,
            0,
            channel,
            address,
            self.token,
            False,
            received_us,
        )

    def session_event(self, kind: Kind, *, received_us: int, time_us: int) -> Activity:
        """Connect, login or disconnect."""
        rank = _SESSION_RANK[kind]
        return Activity(
            self.user_key,
            f"{self.source}#session",
            4 * time_us + rank if self.stream.is_replay else rank + 1,
            time_us,
            kind,
            0,
            "",
            self.address,
            self.token,
            False,
            received_us,
        )


def microseconds(seconds: float) -> int:
    """Microseconds since the epoch of a time in seconds."""
    return round(seconds * 1_000_000)
