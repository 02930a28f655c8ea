"""What users do, as one list in event time: the form that simulations and replays share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from resonance_client.frames import MICROSECONDS, ClientFrame, Stamp


class Kind(StrEnum):
    """What an action is; all but CONNECT and DISCONNECT are frames."""

    CONNECT = "connect"
    SUBSCRIBE = "subscribe"
    MESSAGE = "message"
    PUBLISH = "publish"
    DISCONNECT = "disconnect"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that one user does on one connection.

    Attributes:
        time_us: Event time, microseconds since the epoch.
        user: User id.
        connection: Name of the connection, unique in the timeline.
        kind: What is done.
        address: Address that it comes from.
        token: Id of the token in use.
        channels: Channels named.
        size: Bytes of payload.
        error: Whether it was answered with an error.
    """

    time_us: int
    user: str
    connection: str
    kind: Kind
    address: str
    token: str
    channels: tuple[str, ...] = ()
    size: int = 0
    error: bool = False

    @property
    def is_frame(self) -> bool:
        """Whether it is sent as a frame of an open connection."""
        return self.kind not in (Kind.CONNECT, Kind.DISCONNECT)

    def frame(self) -> ClientFrame:
        """The frame that replays it. Its payload is empty: the stamp says how large it was."""
        return ClientFrame(self.kind.value, self.channels, "", Stamp(self.time_us, self.address, self.size, self.error))


class ConnectionScript:
    """Writes the actions of one connection, from opening to end, in order of time.

    Args:
        user, name, address, token: As in Action.
    """

    def __init__(self, user: str, name: str, address: str, token: str) -> None:
        self._identity = (user, name, address, token)
        self.actions: list[Action] = []

    def connect(self, time_s: float) -> None:
        """Open it, at this event time in seconds."""
        self._add(time_s, Kind.CONNECT)

    def subscribe(self, time_s: float, channels: Sequence[str]) -> None:
        """Subscribe to channels."""
        self._add(time_s, Kind.SUBSCRIBE, tuple(channels))

    def message(self, time_s: float, channel: str, size: int, error: bool = False) -> None:
        """Send a message."""
        self._add(time_s, Kind.MESSAGE, (channel,), size, error)

    def publish(self, time_s: float, channel: str, size: int) -> None:
        """Publish to a channel."""
        self._add(time_s, Kind.PUBLISH, (channel,), size)

    def disconnect(self, time_s: float) -> None:
        """End it."""
        self._add(time_s, Kind.DISCONNECT)

    def _add(
        self, time_s: float, kind: Kind, channels: tuple[str, ...] = (), size: int = 0, error: bool = False
    ) -> None:
        user, name, address, token = self._identity
        time_us = round(time_s * MICROSECONDS)
        self.actions.append(Action(time_us, user, name, kind, address, token, channels, size, error))


def merge(parts: Iterable[Iterable[Action]]) -> list[Action]:
    """All actions in order of time; those of one time stay in the order given."""
    return sorted((action for part in parts for action in part), key=attrgetter("time_us"))


def split(actions: Sequence[Action], time_us: int) -> tuple[list[Action], list[Action]]:
    """Actions before this event time, and the rest."""
    return (
        [action for action in actions if action.time_us < time_us],
        [action for action in actions if action.time_us >= time_us],
    )
