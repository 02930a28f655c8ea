"""Records as our code sees them, and their CloudEvents headers (binary content mode, Kafka binding 1.0)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Final, Generic, Protocol, TypeVar

import msgspec
from google.protobuf.message import DecodeError, Message

from resonance_contracts.topics import Topic
from resonance_runtime.errors import Reject
from resonance_runtime.tracing import current, traceparent

M = TypeVar("M", bound="Message | bytes", covariant=True)

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


class Headers(Mapping[str, str]):
    """Headers as text, decoded when they are looked at.

    Bytes that are not UTF-8 are replaced, because a header is never worth a crash.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: Sequence[tuple[str, bytes | None]]) -> None:
        self._raw = dict(raw)

    def __getitem__(self, name: str) -> str:
        return (self._raw[name] or b"").decode("utf-8", "replace")

    def text(self, name: str) -> str:
        """A header; empty where there is none."""
        return (self._raw.get(name) or b"").decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class Record(msgspec.Struct, Generic[M], frozen=True):
    """One record that was read and decoded.

    Attributes:
        id: CloudEvents id; repeats of a record carry the same one.
        time_us: CloudEvents time, microseconds since the epoch.
        value: The decoded message, or its bytes where the reader parses itself.
        headers: All headers.
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
        value: The message, or its bytes, which are sent as they are; None removes what a compacted topic keeps.
        id: CloudEvents id, a function of the inputs.
        time_us: CloudEvents time, microseconds since the epoch; event time, never the wall clock.
        user_key: Chooses key and partition on topics keyed by user.
        key, partition: Given where the topic's key is something else; with `user_key`, the key alone.
        headers: Further headers.
        traceparent: Of the span in which it was made; "" where it was made in none.
    """

    topic: Topic
    value: Message | bytes | None
    id: str
    time_us: int
    user_key: str | None = None
    key: bytes | None = None
    partition: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    traceparent: str = field(default_factory=current, compare=False)

    def encoded(self) -> bytes | None:
        """The value as it is sent; equal messages give equal bytes."""
        if self.value is None or isinstance(self.value, bytes):
            return self.value
        return self.value.SerializeToString(deterministic=True)


def ce_time(time_us: int) -> str:
    """RFC 3339 time of a CloudEvents header."""
    return datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def headers_of(outgoing: Outgoing, source: str, parent: str = "") -> list[tuple[str, bytes]]:
    """Kafka headers of a record: CloudEvents attributes, the trace, and its own.

    Args:
        outgoing: The record.
        source: Who sends it.
        parent: `traceparent` of the span that sends it; that in which it was made if none is given.
    """
    headers = [
        *_attributes(outgoing.topic.type, source),
        ("ce_id", outgoing.id.encode()),
        ("ce_time", ce_time(outgoing.time_us).encode()),
        ("traceparent", (parent or outgoing.traceparent or traceparent()).encode()),
    ]
    if outgoing.headers:
        headers += [(name, value.encode()) for name, value in outgoing.headers.items()]
    return headers


@cache
def _attributes(type_: str, source: str) -> tuple[tuple[str, bytes], ...]:
    """Those that all records of a topic from one process have in common."""
    return (
        ("ce_specversion", SPEC_VERSION.encode()),
        ("ce_type", type_.encode()),
        ("ce_source", source.encode()),
        ("content-type", CONTENT_TYPE.encode()),
    )


def decode(topic: Topic, raw: RawRecord) -> Record[Message]:
    """Checks the headers and parses the value.

    Raises:
        Reject: A header is missing or wrong, or the value is not the topic's message.
    """
    left = envelope(topic, raw)
    try:
        value = topic.message.FromString(left.value)
    except DecodeError as error:
        raise Reject(f"the value is not a {topic.type}: {error}") from error
    return Record(topic, left.partition, left.offset, left.id, left.time_us, left.key, value, left.headers)


def envelope(topic: Topic, raw: RawRecord) -> Record[bytes]:
    """Checks the headers and leaves the value as it is.

    Raises:
        Reject: A header is missing or wrong, or there is no value.
    """
    headers = Headers(raw.headers)
    id_, time = headers.text("ce_id"), headers.text("ce_time")
    if headers.text("ce_type") != topic.type or not id_ or not time:
        raise Reject(_wrong(topic, headers))
    if raw.value is None:
        raise Reject(f"the value is empty; {topic.name} carries {topic.type}")
    try:
        time_us = round(datetime.fromisoformat(time).timestamp() * 1e6)
    except (ValueError, OverflowError) as error:
        raise Reject(f"header ce_time is {time[:100]!r}; expected an RFC 3339 time") from error
    return Record(topic, raw.partition, raw.offset, id_, time_us, raw.key, raw.value, headers)


def _wrong(topic: Topic, headers: Headers) -> str:
    for name in ("ce_id", "ce_type", "ce_time"):
        if not headers.text(name):
            return f"header {name} is missing; every record on {topic.name} carries CloudEvents headers"
    return f"header ce_type is {headers['ce_type'][:100]!r}; {topic.name} carries {topic.type}"
