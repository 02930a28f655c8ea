"""Records of the public topic, read: as `ActivitySubmitted` or as JSON, from whoever wrote them. Free of I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from google.protobuf.message import DecodeError
from pydantic import Field, ValidationError, model_validator

from resonance_contracts.pb.resonance.v1 import activity_pb2, submitted_pb2
from resonance_gateway.ingestion.batches import said
from resonance_gateway.ingestion.judging import WrongTime, believed_record
from resonance_gateway.ingestion.models import LARGEST_SEQUENCE, NAME, Event, Kind, Reason
from resonance_gateway.ingestion.sources import topic_source
from resonance_runtime.records import Headers

CONTENT_TYPE: Final = "content-type"
JSON: Final = "application/json"


class SubmittedRecord(Protocol):
    """A record as the Kafka client gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class NotTaken(ValueError):
    """A record that can never become an event.

    Attributes:
        reason: Why, in a word; the text says it in a sentence.
    """

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class SubmittedEvent(Event):
    """One event of a record.

    Attributes:
        source: Who numbered it; "" where the record is known by its place.
        sequence: Its number, 0 where it has none.
    """

    source: str = Field("", max_length=128, pattern=rf"^$|{NAME}")
    sequence: int = Field(0, ge=0, le=LARGEST_SEQUENCE)

    @model_validator(mode="after")
    def _is_numbered_or_not(self) -> SubmittedEvent:
        if bool(self.source) != bool(self.sequence):
            raise ValueError("give both source and sequence, or neither")
        return self


@dataclass(frozen=True, slots=True)
class Submitted:
    """A record that becomes an event.

    Attributes:
        event: What happened.
        source, sequence: Its id on the wire.
        time_us: Event time, microseconds since the epoch.
    """

    event: Event
    source: str
    sequence: int
    time_us: int


def submitted(record: SubmittedRecord, now_us: int) -> Submitted:
    """The event of a record.

    Where the writer does not number, the record's place is its number: a record that is read again after a crash is the
    same event.

    Raises:
        NotTaken: It cannot be read, or its time cannot be believed.
    """
    if not record.value:
        raise NotTaken(Reason.MALFORMED, "the value is empty; expected a resonance.v1.ActivitySubmitted")
    as_json = Headers(record.headers).text(CONTENT_TYPE).lower().startswith(JSON)
    try:
        if as_json:
            event, time_us = _from_json(record.value)
        else:
            event, time_us = _from_protobuf(record.value)
    except ValidationError as error:
        raise NotTaken(Reason.MALFORMED, said(error)) from None
    written_us = record.timestamp * 1000 if record.timestamp >= 0 else None
    try:
        time_us = believed_record(time_us, written_us, now_us)
    except WrongTime as wrong:
        raise NotTaken(Reason.TIME, str(wrong)) from None
    source = topic_source(record.partition, event.source)
    return Submitted(event, source, event.sequence or record.offset + 1, time_us)


def _from_json(value: bytes) -> tuple[SubmittedEvent, int | None]:
    event = SubmittedEvent.model_validate_json(value, strict=True)
    return event, event.time_us


def _from_protobuf(value: bytes) -> tuple[SubmittedEvent, int | None]:
    try:
        told = submitted_pb2.ActivitySubmitted.FromString(value)
    except DecodeError as error:
        sentence = f"the value is not a resonance.v1.ActivitySubmitted ({error}); JSON needs the header {CONTENT_TYPE}"
        raise NotTaken(Reason.MALFORMED, sentence) from None
    event = SubmittedEvent(
        source=told.source,
        sequence=told.sequence,
        user_id=told.user_id if told.HasField("user_id") else None,
        user_key=told.user_key if told.HasField("user_key") else None,
        kind=_kind(told.kind),
        message_size=told.message_size,
        channels=tuple(told.channels),
        ip_address=told.ip_address or None,
        token_id=told.token_id or None,
        error=told.error,
    )
    return event, told.time_us or None


def _kind(kind: int) -> Kind:
    if not kind:
        return Kind.MESSAGE
    try:
        return Kind(activity_pb2.ActivityKind.Name(kind).removeprefix("ACTIVITY_KIND_").lower())
    except ValueError:
        raise NotTaken(Reason.MALFORMED, f"kind is {kind}; expected one of ActivityKind") from None
