"""The spans of records that are handled: each continues the trace of its record, also in a batch of many."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from itertools import pairwise
from typing import Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, use_span
from opentelemetry.util.types import AttributeValue

from resonance_runtime.records import Outgoing, Record
from resonance_runtime.spans import conventions as its
from resonance_runtime.spans.stages import Description, Stage
from resonance_runtime.tracing import TRACEPARENT, TRACER, continued, extracted, header_of, here

_Place = tuple[str, int, int]
_BATCH: ContextVar[Mapping[_Place, Span] | None] = ContextVar("spans of the records in work", default=None)


def applied(
    record: Record[Any], given: Sequence[Outgoing], group: str, span: SpanContext, began_ns: int
) -> Sequence[Outgoing]:
    """A record was applied to keyed state: notes the span, and returns what was given as it is to be sent.

    Where an alert is among it, its trace is drawn from here on, and what was kept of it is wanted.
    """
    stages = here.stages
    if stages is None:
        return given
    own = header_of(span)
    if any(one.topic.traced for one in given):
        stages.want(own)
        own = own[:-2] + "01"
        given = [replace(one, traceparent=own) for one in given]
    what = record.topic.name, record.partition, record.offset, record.id, group
    parent = record.headers.get(TRACEPARENT, "")
    stages.tell(Stage(own, parent, began_ns, time.time_ns(), _describe, what))
    return given


def asked_for(record: Record[Any]) -> None:
    """An alert was read: what this process kept of its trace is wanted."""
    if here.stages is not None and record.topic.traced:
        here.stages.want(record.headers.get(TRACEPARENT, ""))


@contextmanager
def processing(records: Sequence[Record[Any]], group: str) -> Iterator[None]:
    """Runs the block that handles a batch: each record has a span, and that of the first is the current one.

    The spans of a batch last as long as the batch, and name each other by links where it is of several traces.
    """
    spans: dict[_Place, Span] = {}
    for record in records:
        spans[_place(record)] = _begun(record, group, len(records))
    _link(list(spans.values()))
    token = _BATCH.set(spans)
    try:
        with use_span(spans[_place(records[0])], record_exception=False, set_status_on_exception=False):
            yield
    except BaseException as error:
        for span in spans.values():
            span.set_attribute(its.ERROR_TYPE, type(error).__name__)
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        _BATCH.reset(token)
        for span in spans.values():
            span.end()


@contextmanager
def within(record: Record[Any]) -> Iterator[None]:
    """Runs the block in the span of one record of the batch in work; outside of one, in the trace of the record."""
    span = (_BATCH.get() or {}).get(_place(record))
    with ExitStack() as stack:
        if span is None:
            stack.enter_context(continued(record.headers.get(TRACEPARENT, "")))
        else:
            stack.enter_context(use_span(span, record_exception=False, set_status_on_exception=False))
        yield


def header_within(record: Record[Any]) -> str:
    """The `traceparent` of what is made of one record of the batch in work."""
    span = (_BATCH.get() or {}).get(_place(record))
    if span is not None:
        return header_of(span.get_span_context())
    with continued(record.headers.get(TRACEPARENT, "")) as own:
        return header_of(own)


def _begun(record: Record[Any], group: str, count: int) -> Span:
    # Not the current span: that is of another record, if of any.
    parent = extracted(record.headers) if TRACEPARENT in record.headers else Context()
    name, kind, attributes = _describe(record.topic.name, record.partition, record.offset, record.id, group)
    if count > 1:
        attributes = {**attributes, its.BATCH: count}
    return TRACER.start_span(name, parent, kind, attributes, record_exception=False)


def _link(spans: Sequence[Span]) -> None:
    """Links each span to the one before it, where that is of another trace: so from each all are found.

    Only of those that are drawn: a link to nothing helps nobody.
    """
    for one, other in pairwise(span for span in spans if span.is_recording()):
        if one.get_span_context().trace_id != other.get_span_context().trace_id:
            other.add_link(one.get_span_context())


def _describe(topic: str, partition: int, offset: int, id_: str, group: str) -> Description:
    attributes: dict[str, AttributeValue] = {
        its.SYSTEM: its.KAFKA,
        its.OPERATION_NAME: its.PROCESS,
        its.OPERATION_TYPE: its.PROCESS,
        its.DESTINATION: topic,
        its.PARTITION: str(partition),
        its.OFFSET: offset,
        its.GROUP: group,
        its.MESSAGE_ID: id_,
    }
    return Description(f"{its.PROCESS} {topic}", SpanKind.CONSUMER, attributes)


def _place(record: Record[Any]) -> _Place:
    return record.topic.name, record.partition, record.offset
