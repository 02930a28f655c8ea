"""Records as our code sees them, and their CloudEvents headers (binary content mode, Kafka binding 1.0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Generic, Protocol, TypeVar

from google.protobuf.message import DecodeError, Message

from resonance_contracts.topics import Topic
from resonance_runtime.errors import Reject

M = TypeVar("M", bound=Message, covariant=True)

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/protobuf"
CORRELATION_ID: Final = "correlation-id"
REPLY_PARTITION: Final = "reply-partition"
DEADLINE_MS: Final = "deadline-ms"


class RawRecord(Protocol):
    """A record as the Kafka client gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Record(Generic[M]):
    """One record that was read and decoded.

    Attributes:
        id: CloudEvents id; repeats of a record carry the same one.
        time_us: CloudEvents time, microseconds since the epoch.
        value: The decoded message.
        headers: All headers, decoded as UTF-8.
    """

    topic: Topic
    partition: int
    offset: int
    id: str
    time_us: int
    key: bytes | None
    value: M
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be sent.

    Attributes:
        id: CloudEvents id, a function of the inputs.
        time_us: CloudEvents time, microseconds since the epoch; event time, never the wall clock.
        user_key: Chooses key and partition on topics keyed by user.
        key, partition: Given where the topic's key is something else.
        headers: Further headers.
    """

    topic: Topic
    value: Message
    id: str
    time_us: int
    user_key: str | None = None
    key: bytes | None = None
    partition: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def ce_time(time_us: int) -> str:
    """RFC 3339 time of a CloudEvents header."""
    return datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def headers_of(outgoing: Outgoing, source: str, traceparent: str) -> list[tuple[str, bytes]]:
    """Kafka headers of a record: CloudEvents attributes, the trace, and its own."""
    attributes = {
        "ce_specversion": SPEC_VERSION,
        "ce_id": outgoing.id,
        "ce_type": outgoing.topic.type,
        "ce_source": source,
        "ce_time": ce_time(outgoing.time_us),
        "content-type": CONTENT_TYPE,
        "traceparent": traceparent,
        **outgoing.headers,
    }
    return [(name, value.encode()) for name, value in attributes.items()]


def decode(topic: Topic, raw: RawRecord) -> Record[Message]:
    """Checks the headers and parses the value.

    Raises:
        Reject: A header is missing or wrong, or the value is not the topic's message.
    """
    headers = decode_headers(raw.headers)
    for name in ("ce_id", "ce_type", "ce_time"):
        if not headers.get(name):
            raise Reject(f"header {name} is missing; every record on {topic.name} carries CloudEvents headers")
    if headers["ce_type"] != topic.type:
        raise Reject(f"header ce_type is {headers['ce_type'][:100]!r}; {topic.name} carries {topic.type}")
    if raw.value is None:
        raise Reject(f"the value is empty; {topic.name} carries {topic.type}")
    try:
        value = topic.message.FromString(raw.value)
        time_us = round(datetime.fromisoformat(headers["ce_time"]).timestamp() * 1e6)
    except DecodeError as error:
        raise Reject(f"the value is not a {topic.type}: {error}") from error
    except ValueError as error:
        raise Reject(f"header ce_time is {headers['ce_time'][:100]!r}; expected an RFC 3339 time") from error
    return Record(topic, raw.partition, raw.offset, headers["ce_id"], time_us, raw.key, value, headers)


def decode_headers(headers: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    """Headers as text; bytes that are not UTF-8 are replaced, because a header is never worth a crash."""
    return {name: (value or b"").decode("utf-8", "replace") for name, value in headers}
