"""Frames of the WebSocket protocol: JSON text, decoded strictly, one struct per type.

A field that is not listed, a wrong type, NaN and infinity are refused with a sentence.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from resonance_gateway.errors import ErrorCode, FrameRefused

MAX_CHANNEL_CHARACTERS: Final = 128
MAX_CHANNELS_PER_FRAME: Final = 64
# 2100-01-01: a later time is a mistake of unit.
_LATEST_S: Final = 4_102_444_800
_LONGEST_QUOTED: Final = 300

Channel = Annotated[str, Meta(min_length=1, max_length=MAX_CHANNEL_CHARACTERS)]
Channels = Annotated[list[Channel], Meta(min_length=1, max_length=MAX_CHANNELS_PER_FRAME)]
Seconds = Annotated[float, Meta(ge=0, le=_LATEST_S)]
Address = Annotated[str, Meta(min_length=1, max_length=255)]
Size = Annotated[int, Meta(ge=0, le=2**32 - 1)]
StreamId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._:@-]{1,64}\Z")]
SourceId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._:@-]{1,128}\Z")]


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", gc=False):
    """A frame of a client; `type` names its struct."""


class Auth(Frame, frozen=True, tag="auth"):
    """First frame of a connection without an Authorization header.

    All but `token` and `acks` are for tokens with the role `replay`: `stream` is the id of the replay, `source` and
    `first_sequence` let a client that reconnects send frames again under their numbers, `time` is when the session
    that is replayed began, in seconds since the epoch.
    """

    token: str
    acks: bool = False
    stream: StreamId | UnsetType = UNSET
    source: SourceId | UnsetType = UNSET
    first_sequence: Annotated[int, Meta(ge=1, le=2**53)] | UnsetType = UNSET
    time: Seconds | UnsetType = UNSET
    address: Address | UnsetType = UNSET


class Hello(Frame, frozen=True, tag="hello"):
    """Options of a connection that was authenticated by its Authorization header."""

    acks: bool = False


class Ping(Frame, frozen=True, tag="ping"):
    """Answered with a pong; neither tracked nor numbered."""


class Bye(Frame, frozen=True, tag="bye"):
    """End of the session, at `time` on a replay."""

    time: Seconds | UnsetType = UNSET


class _Tracked(Frame, frozen=True):
    """Frames that are tracked and numbered. The fields here are for replays alone."""

    time: Seconds | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    size: Size | UnsetType = UNSET
    error: bool | UnsetType = UNSET

    @property
    def claims(self) -> bool:
        """Whether the frame states what only a replay may state."""
        return not (self.time is UNSET and self.address is UNSET and self.size is UNSET and self.error is UNSET)


class Message(_Tracked, frozen=True, tag="message", kw_only=True):
    """A message of the user; `data` is any JSON value, of which only the size is used."""

    data: Raw
    channel: Channel | UnsetType = UNSET


class Publish(_Tracked, frozen=True, tag="publish", kw_only=True):
    """A message of the user for everyone who subscribed to a channel."""

    channel: Channel
    data: Raw


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The newest publication of a channel that a client has."""

    offset: Annotated[int, Meta(ge=0, le=2**53)]
    epoch: Annotated[str, Meta(min_length=1, max_length=64)]


class Subscribe(_Tracked, frozen=True, tag="subscribe", kw_only=True):
    """Asks for the publications of channels, those since `recover` too where they are still kept."""

    channels: Channels
    recover: Annotated[dict[Channel, Known], Meta(max_length=MAX_CHANNELS_PER_FRAME)] | UnsetType = UNSET


class Unsubscribe(_Tracked, frozen=True, tag="unsubscribe", kw_only=True):
    """Ends what a subscribe asked for."""

    channels: Channels


Tracked = Message | Publish | Subscribe | Unsubscribe
ClientFrame = Auth | Hello | Ping | Bye | Message | Publish | Subscribe | Unsubscribe

_decoder: Final[msgspec.json.Decoder[ClientFrame]] = msgspec.json.Decoder(
    Auth | Hello | Ping | Bye | Message | Publish | Subscribe | Unsubscribe
)
_encoder: Final = msgspec.json.Encoder()


def decode(text: str) -> ClientFrame:
    """The frame that a text holds.

    Raises:
        FrameRefused: `bad_json` where it is not JSON, `bad_frame` where it is JSON of another form.
    """
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise FrameRefused(ErrorCode.BAD_FRAME, _form_sentence(error)) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise FrameRefused(ErrorCode.BAD_JSON, f"A JSON object was expected: {_quoted(error)}.") from None
    except RecursionError:
        raise FrameRefused(ErrorCode.BAD_FRAME, "JSON nested less deeply was expected.") from None


def json_value(data: Raw) -> Any:
    """The value of `data`, decoded in full: what is passed on to others must be sound.

    Raises:
        FrameRefused: A number no float can hold, or text that UTF-8 cannot.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FrameRefused(
            ErrorCode.BAD_FRAME, f"The field `data` must hold JSON that every client can read: {_quoted(error)}."
        ) from None


def encode(frame: dict[str, Any]) -> str:
    """JSON text of a frame of the server."""
    return _encoder.encode(frame).decode()


def error_frame(code: ErrorCode, sentence: str, retry_after: float | None = None) -> str:
    """Tells a client what was refused, why, and when to try again (seconds)."""
    frame: dict[str, Any] = {"type": "error", "code": code, "message": sentence}
    if retry_after is not None:
        # Rounded up, so that a client that waits this long is not refused again.
        frame["retry_after"] = int(retry_after * 1000 + 1) / 1000
    return encode(frame)


def ready_frame(connection: str, rate: float, burst: float) -> str:
    """First frame of the server on an authenticated connection."""
    return encode({"type": "ready", "connection": connection, "limits": {"rate": rate, "burst": burst}})


def renewed_frame(expires_us: int) -> str:
    """The answer to a new token; `expires` is when the connection ends with it, seconds since the epoch."""
    return encode({"type": "renewed", "expires": expires_us / 1_000_000})


def ack_frame(sequence: int) -> str:
    """Every tracked frame up to this one is stored."""
    return f'{{"type":"ack","sequence":{sequence}}}'


def publication_frame(channel: str, data: Any) -> str:
    """A publication, for everyone who subscribed to its channel."""
    return encode({"type": "publication", "channel": channel, "data": data})


PONG: Final = encode({"type": "pong"})


def _form_sentence(error: msgspec.ValidationError) -> str:
    said = _quoted(error)
    if said.endswith("`$.type`"):
        return (
            f"The field `type` must be one of auth, hello, ping, message, publish, subscribe, unsubscribe, bye: {said}."
        )
    return f"The frame is not of the documented form: {said}."


def _quoted(error: Exception) -> str:
    """What a decoder said, cut short: it may quote the client's own text."""
    said = str(error).rstrip(".")
    return said if len(said) <= _LONGEST_QUOTED else f"{said[:_LONGEST_QUOTED]}…"
