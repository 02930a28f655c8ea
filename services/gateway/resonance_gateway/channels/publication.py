"""What goes to subscribers, as bytes that are made once for all of them."""

from __future__ import annotations

from struct import pack
from typing import Any, Final, NamedTuple

import msgspec

from resonance_gateway.channels.policies import Policy

_TEXT: Final = 0x81  # a whole message of text, RFC 6455, section 5.2


class Position(NamedTuple):
    """A place in a channel: the number of a publication, and the epoch that it was numbered in.

    Publications of an epoch are numbered 1, 2, 3 …; a new epoch begins where the old numbers are forgotten.
    """

    offset: int
    epoch: str


class Publication(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One publication; equal to itself alone.

    Attributes:
        channel: Its channel.
        policy: What happens to it where a client reads too slowly.
        frame: The WebSocket frame, ready to be written.
    """

    channel: str
    policy: Policy
    frame: bytes


def framed(text: bytes) -> bytes:
    """The WebSocket frame of a server that holds a text: whole, not masked, not compressed."""
    size = len(text)
    if size < 126:
        return pack("!BB", _TEXT, size) + text
    if size < 65_536:
        return pack("!BBH", _TEXT, 126, size) + text
    return pack("!BBQ", _TEXT, 127, size) + text


def subscribed_text(channels: dict[str, dict[str, Any]]) -> bytes:
    """The frame `subscribed`: what there is to say of each channel."""
    return msgspec.json.encode({"type": "subscribed", "channels": channels})


def publication_text(channel: str, data: bytes, position: Position | None) -> bytes:
    """The frame `publication` as text.

    Args:
        channel: Its channel.
        data: The value, as JSON.
        position: Where it stands; None where it is not kept.
    """
    name = msgspec.json.encode(channel)
    if position is None:
        return b'{"type":"publication","channel":%b,"data":%b}' % (name, data)
    return b'{"type":"publication","channel":%b,"offset":%d,"epoch":"%b","data":%b}' % (
        name,
        position.offset,
        position.epoch.encode(),
        data,
    )
