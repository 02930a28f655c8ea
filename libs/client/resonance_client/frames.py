"""Frames of the gateway's WebSocket protocol: JSON objects, one a text frame, discriminated by `type`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from resonance_client.errors import ProtocolViolation

MICROSECONDS: Final = 1_000_000


def _encoded(frame: Mapping[str, Any]) -> str:
    return json.dumps(frame, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a replay says of a frame in place of what the gateway would observe.

    Attributes:
        time_us: Event time, microseconds since the epoch.
        address: Address that the frame came from.
        size: Bytes of payload.
        error: Whether the frame was answered with an error.
    """

    time_us: int
    address: str
    size: int = 0
    error: bool = False

    def fields(self) -> dict[str, Any]:
        """As they go into a frame; times are seconds, as the protocol has them."""
        return {
            "time": self.time_us / MICROSECONDS,
            "address": self.address,
            "size": self.size,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a channel.

    Attributes:
        offset: Number of a publication.
        epoch: What the number is counted in: numbers of two epochs have nothing to do with each other.
    """

    offset: int
    epoch: str


@dataclass(frozen=True, slots=True)
class ClientFrame:
    """One tracked frame: a message, a publication, a subscription or its end.

    Attributes:
        type: "message", "publish", "subscribe" or "unsubscribe".
        channels: Channels named; one for a publication, at most one for a message.
        data: Any JSON value; only for messages and publications.
        stamp: Only where the token has the role `replay`.
        recover: Only for subscriptions: the newest publications that are known, by channel.
    """

    type: str
    channels: tuple[str, ...] = ()
    data: Any = None
    stamp: Stamp | None = None
    recover: Mapping[str, Position] | None = None

    def encode(self) -> str:
        """The text frame."""
        frame: dict[str, Any] = {"type": self.type}
        if self.type in ("message", "publish"):
            frame["data"] = self.data
            if self.channels:
                frame["channel"] = self.channels[0]
        else:
            frame["channels"] = list(self.channels)
        if self.recover:
            frame["recover"] = {c: {"offset": p.offset, "epoch": p.epoch} for c, p in self.recover.items()}
        if self.stamp is not None:
            frame |= self.stamp.fields()
        return _encoded(frame)


def message(data: Any, channel: str | None = None, stamp: Stamp | None = None) -> ClientFrame:
    """A message to the backend, about a channel or none."""
    return ClientFrame("message", (channel,) if channel else (), data, stamp)


def publish(channel: str, data: Any, stamp: Stamp | None = None) -> ClientFrame:
    """A message to everybody who subscribed to the channel."""
    return ClientFrame("publish", (channel,), data, stamp)


def subscribe(
    channels: Sequence[str], stamp: Stamp | None = None, recover: Mapping[str, Position] | None = None
) -> ClientFrame:
    """Asks for the publications of these channels, and first for those after the ones that are known."""
    return ClientFrame("subscribe", tuple(channels), None, stamp, recover)


def unsubscribe(channels: Sequence[str], stamp: Stamp | None = None) -> ClientFrame:
    """Ends subscriptions."""
    return ClientFrame("unsubscribe", tuple(channels), None, stamp)


@dataclass(frozen=True, slots=True)
class ReplayIdentity:
    """Who a replayed connection was.

    Attributes:
        stream: Id of the replay; its events are the stream "replay:<id>".
        source: Name of the connection, unique in the stream; frames are numbered within it.
        time_us: Event time of the connection's opening, microseconds since the epoch.
        address: Address that it came from.
    """

    stream: str
    source: str
    time_us: int
    address: str


@dataclass(frozen=True, slots=True)
class Authentication:
    """First frame of a connection."""

    token: str
    acks: bool = True
    replay: ReplayIdentity | None = None

    def encode(self, first_sequence: int = 1) -> str:
        """The text frame. A replay's frames are numbered from `first_sequence`; others always from 1."""
        frame: dict[str, Any] = {"type": "auth", "token": self.token, "acks": self.acks}
        if self.replay is not None:
            frame |= {
                "stream": self.replay.stream,
                "source": self.replay.source,
                "first_sequence": first_sequence,
                "time": self.replay.time_us / MICROSECONDS,
                "address": self.replay.address,
            }
        return _encoded(frame)


def bye(time_us: int | None = None) -> str:
    """Last frame of a replayed connection, with the event time of its end."""
    return _encoded({"type": "bye"} if time_us is None else {"type": "bye", "time": time_us / MICROSECONDS})


@dataclass(frozen=True, slots=True)
class Ready:
    """The token was accepted. Rate in messages a second, burst in messages."""

    connection: str
    rate: float
    burst: float


@dataclass(frozen=True, slots=True)
class Ack:
    """Every tracked frame up to this number is stored."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A frame was refused; `retry_after` in seconds where waiting helps."""

    code: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """What somebody published on a subscribed channel; without a position it cannot be recovered."""

    channel: str
    data: Any
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a channel stands.

    Attributes:
        position: Of its newest publication; None where publications are not numbered.
        recovered: Whether everything that was missed comes next; False where some is lost, None where nobody asked.
    """

    position: Position | None
    recovered: bool | None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Where channels stand: the answer to a subscription, or news that something was lost."""

    channels: Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Other:
    """A frame of a type that this version does not know, or needs nothing done about."""

    type: str


ServerFrame = Ready | Ack | Refused | Publication | Subscribed | Other


def decode(text: str | bytes) -> ServerFrame:
    """Parse a frame of the gateway.

    Raises:
        ProtocolViolation: It is not a JSON object with the fields of its type.
    """
    try:
        frame = json.loads(text)
        return _typed(frame, frame["type"])
    except (ValueError, TypeError, KeyError) as error:
        raise ProtocolViolation(
            f"Expected a JSON frame of the gateway's protocol, got {text[:200]!r} ({error!r}); "
            "check that the address is a Resonance gateway of this version."
        ) from error


def _typed(frame: Mapping[str, Any], kind: str) -> ServerFrame:
    match kind:
        case "ready":
            limits = frame.get("limits") or {}
            return Ready(str(frame["connection"]), float(limits.get("rate", 0)), float(limits.get("burst", 0)))
        case "ack":
            return Ack(int(frame["sequence"]))
        case "error":
            wait = frame.get("retry_after")
            return Refused(str(frame["code"]), str(frame.get("message", "")), None if wait is None else float(wait))
        case "publication":
            return Publication(str(frame["channel"]), frame.get("data"), _position(frame))
        case "subscribed":
            channels = frame["channels"].items()
            return Subscribed({c: Standing(_position(said), said.get("recovered")) for c, said in channels})
        case _:
            return Other(str(kind))


def _position(said: Mapping[str, Any]) -> Position | None:
    return Position(int(said["offset"]), str(said["epoch"])) if "offset" in said else None
