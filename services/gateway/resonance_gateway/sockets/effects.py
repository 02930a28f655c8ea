"""What a connection's protocol asks its shell to do, in order. `Activity` is one more: track this event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from resonance_gateway.channels.publication import Position
from resonance_gateway.errors import ErrorCode, GatewayError
from resonance_gateway.sockets.frames import error_frame
from resonance_gateway.tracking.activity import Activity


class Send(msgspec.Struct, frozen=True, gc=False):
    """Send this text to the client; `error` is the code where it is an error frame."""

    text: str
    error: ErrorCode | None = None


class Join(msgspec.Struct, frozen=True):
    """Subscribe the connection to channels, and send what came after the newest publications that it has."""

    channels: tuple[str, ...]
    recover: Mapping[str, Position] | None = None


class Leave(msgspec.Struct, frozen=True):
    """End the connection's subscriptions to channels."""

    channels: tuple[str, ...]


class FanOut(msgspec.Struct, frozen=True):
    """Pass a value on to everyone who subscribed to the channel."""

    channel: str
    data: Any


class Opened(msgspec.Struct, frozen=True, gc=False):
    """The client is authenticated; from now on frames are tracked."""


class Prepare(msgspec.Struct, frozen=True, gc=False):
    """Find out the key that a token is signed with, then go on with `Protocol.prepared`."""

    token: str


class Renewed(msgspec.Struct, frozen=True, gc=False):
    """The client goes on under a new token."""

    expires_us: int


class AcksWanted(msgspec.Struct, frozen=True, gc=False):
    """Tell the client what is stored."""


class Close(msgspec.Struct, frozen=True, gc=False):
    """Close the connection with this code (RFC 6455, section 7.4) and reason."""

    code: int
    reason: str


# Carried out at once.
Immediate = Activity | Send | Join | Leave | FanOut | Opened | Renewed | AcksWanted | Close
Effect = Immediate | Prepare


def told(refusal: GatewayError, retry_after: float | None = None) -> Send:
    """Tell the client what was refused and why."""
    return Send(error_frame(refusal.code, refusal.sentence, retry_after), refusal.code)
