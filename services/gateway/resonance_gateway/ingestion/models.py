"""What backends tell: events, batches of them, and what became of a batch."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from resonance_gateway.auth.tokens import MAX_USER_ID_BYTES
from resonance_gateway.people.pseudonyms import is_user_key
from resonance_gateway.sockets.frames import MAX_CHANNEL_CHARACTERS, MAX_CHANNELS_PER_FRAME

MAX_EVENTS_A_BATCH: Final = 1000
LARGEST_SEQUENCE: Final = 2**53 - 1
LARGEST_SIZE: Final = 2**32 - 1
# 2100-01-01: a later time is a mistake of unit.
LATEST_S: Final = 4_102_444_800
NAME: Final = r"^[A-Za-z0-9._:@-]+$"


class Kind(StrEnum):
    """What happened."""

    MESSAGE = "message"
    CONNECT = "connect"
    DISCONNECT = "disconnect"
    LOGIN = "login"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    LIMITED = "limited"


def _short_enough(user_id: str) -> str:
    if not user_id.isascii() and (size := len(user_id.encode())) > MAX_USER_ID_BYTES:
        raise ValueError(f"expected at most {MAX_USER_ID_BYTES} bytes of UTF-8, but it has {size}")
    return user_id


def _a_key(user_key: str) -> str:
    if not is_user_key(user_key):
        raise ValueError("expected a pseudonym of a user as Resonance makes them, `u_…`")
    return user_key


@lru_cache(16_384)
def _one_form(address: str) -> str:
    """An address as everybody writes it: addresses are told apart as text. What is no IP address stays as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


Channel = Annotated[str, Field(min_length=1, max_length=MAX_CHANNEL_CHARACTERS)]


def _in_our_time(time: float | datetime) -> float | datetime:
    seconds = time.timestamp() if isinstance(time, datetime) else time
    if not 0 <= seconds <= LATEST_S:
        raise ValueError("expected RFC 3339, or seconds since the epoch, from 1970 to 2099")
    return time


class Event(BaseModel):
    """One event of one user.

    Attributes:
        user_id: The user as the backend knows it; it leaves the gateway as a pseudonym only.
        user_key: In its place the pseudonym, for backends that hold the key.
        kind: What happened.
        message_size: Bytes of payload.
        channels: Channels it names.
        ip_address: Where the user is; it leaves the gateway as a pseudonym only.
        token_id: Id of the user's token, never the token itself; it leaves the gateway as a pseudonym only.
        error: Whether the backend refused the message or answered with an error.
        time: When it happened, RFC 3339 or seconds since the epoch; the gateway's time where it is left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: Annotated[str, Field(min_length=1, max_length=MAX_USER_ID_BYTES), AfterValidator(_short_enough)] | None = (
        None
    )
    user_key: Annotated[str, Field(max_length=64), AfterValidator(_a_key)] | None = None
    kind: Kind = Kind.MESSAGE
    message_size: int = Field(0, ge=0, le=LARGEST_SIZE)
    channels: Annotated[tuple[Channel, ...], Field(max_length=MAX_CHANNELS_PER_FRAME)] = ()
    ip_address: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_one_form)] | None = None
    token_id: str | None = Field(None, min_length=1, max_length=256)
    error: bool = False
    time: Annotated[FiniteFloat | AwareDatetime, AfterValidator(_in_our_time)] | None = None

    @model_validator(mode="after")
    def _names_one_user(self) -> Self:
        if (self.user_id is None) == (self.user_key is None):
            raise ValueError("give either user_id or user_key")
        return self

    @property
    def time_us(self) -> int | None:
        """When it happened, microseconds since the epoch; None where it does not say."""
        if self.time is None:
            return None
        seconds = self.time if isinstance(self.time, float) else self.time.timestamp()
        return round(seconds * 1_000_000)


class NumberedEvent(Event):
    """One event of a batch.

    Attributes:
        sequence: Its number within the source of the batch; with the source, it is the event's id.
    """

    sequence: int = Field(ge=1, le=LARGEST_SEQUENCE)


class Batch(BaseModel):
    """Events of a backend, in the order of their numbers.

    Attributes:
        source: Who numbered them: a name that this backend has given to nothing else, and that no two of its processes
            use at once.
        events: They; one that is not as documented is refused alone.
        stream: `replay:` and a name, where a record of the past is replayed; needs a token with the role `replay`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(min_length=1, max_length=128, pattern=NAME)
    events: Annotated[
        list[Annotated[NumberedEvent | dict[str, Any], Field(union_mode="left_to_right")]],
        Field(min_length=1, max_length=MAX_EVENTS_A_BATCH),
    ]
    stream: str | None = Field(None, max_length=71, pattern=r"^replay:[A-Za-z0-9._:@-]{1,64}$")


class Reason(StrEnum):
    """Why an event was refused."""

    MALFORMED = "malformed"
    SEQUENCE = "sequence"
    TIME = "time"
    FAILED = "failed"


class RefusedEvent(BaseModel):
    """An event that was refused.

    Attributes:
        index: Its place in the batch, from 0.
        reason: Why.
        detail: What would be right.
    """

    index: int
    reason: Reason
    detail: str


class Taken(BaseModel):
    """What became of a batch: what was not refused is stored by all in-sync replicas.

    Attributes:
        accepted: How many events are stored, now or by an earlier try.
        refused: Those that are not.
    """

    accepted: int
    refused: list[RefusedEvent]
