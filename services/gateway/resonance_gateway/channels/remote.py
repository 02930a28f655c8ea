"""What channels ask of the store that gateways share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from resonance_gateway.channels.publication import Position


class Reading(NamedTuple):
    """What is known of a channel at one moment.

    Attributes:
        position: Its newest publication.
        missed: Values, as JSON, that came after the position that was asked for, up to the newest, with None for each
            that this gateway passed on before; None in their place where not all of them are kept.
    """

    position: Position
    missed: list[bytes | None] | None


Told = Callable[[Position | None], None]
Read = Callable[[Reading | None], None]


class Remote(Protocol):
    """Numbers publications, keeps the newest, and passes them on to all gateways."""

    def watch(self, channel: str) -> None:
        """From now on this gateway is told of the publications of a channel."""

    def unwatch(self, channel: str) -> None:
        """This gateway is told no more."""

    def publish(self, channel: str, data: bytes, told: Told | None) -> None:
        """Takes a publication; `told` gets its position, or None where it reached this gateway's clients alone."""

    def read(self, channel: str, since: Position | None, read: Read) -> None:
        """Looks at a watched channel, in a moment after it began to be watched; `read` gets None while that fails."""
