"""Frames of the server on `/ws`, as types to describe and to test them by; the gateway writes them by hand."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from resonance_gateway.errors import ErrorCode

Positive = Annotated[float, Meta(ge=0)]
Number = Annotated[int, Meta(ge=0)]


class ServerFrame(Struct, forbid_unknown_fields=True, tag_field="type"):
    """A frame of the server; `type` names its struct."""


class RateLimit(Struct, forbid_unknown_fields=True):
    """Frames a second in the long run, and how many may come at once."""

    rate: Positive
    burst: Positive


class Ready(ServerFrame, tag="ready"):
    """First frame of the server on an authenticated connection."""

    connection: str
    limits: RateLimit


class Renewed(ServerFrame, tag="renewed"):
    """Answer to a new token; `expires` is when the connection ends with it, seconds since the epoch."""

    expires: Positive


class Ack(ServerFrame, tag="ack"):
    """Every tracked frame up to number `sequence` is stored."""

    sequence: Number


class Pong(ServerFrame, tag="pong"):
    """Answer to a ping."""


class Place(Struct, forbid_unknown_fields=True):
    """Where a channel is, to recover from there; without these where its publications are not kept.

    `recovered` says, where it was asked for, whether everything since follows.
    """

    offset: Number | UnsetType = UNSET
    epoch: str | UnsetType = UNSET
    recovered: bool | UnsetType = UNSET


class Subscribed(ServerFrame, tag="subscribed"):
    """Answer to a subscribe, by channel."""

    channels: dict[str, Place]


class Publication(ServerFrame, tag="publication"):
    """A publication of a channel; `offset` and `epoch` where publications are kept."""

    channel: str
    data: Any
    offset: Number | UnsetType = UNSET
    epoch: str | UnsetType = UNSET


class Error(ServerFrame, tag="error"):
    """A frame was refused, or the connection ends: why, and after how many seconds to try again."""

    code: ErrorCode
    message: str
    retry_after: Positive | UnsetType = UNSET


SERVER_FRAMES = (Ready, Renewed, Ack, Pong, Subscribed, Publication, Error)
