"""What a team may choose about the backend behind the gateway."""

from __future__ import annotations

from enum import StrEnum


class OverLimit(StrEnum):
    """What becomes of a message that is one too many: the connection is closed with 1013, or the message waits."""

    CLOSE = "close"
    DELAY = "delay"


class Users(StrEnum):
    """Whether clients must prove who they are; where it is optional, others are anonymous, by their address."""

    OPTIONAL = "optional"
    REQUIRED = "required"


class HostHeader(StrEnum):
    """Which Host header the backend gets: the one that the client sent, or its own address."""

    CLIENT = "client"
    UPSTREAM = "upstream"
