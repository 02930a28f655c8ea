"""The spans of records that are sent: one a record and attempt, and whoever reads the record follows from it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.trace import SpanContext, SpanKind
from opentelemetry.util.types import AttributeValue

from resonance_runtime.records import Outgoing
from resonance_runtime.spans import conventions as its
from resonance_runtime.spans.stages import Stage
from resonance_runtime.tracing import child_of, header_of, here, parsed


@contextmanager
def sending(outgoing: Sequence[Outgoing]) -> Iterator[list[str]]:
    """Runs the block that sends records, and gives the `traceparent` of each; "" where nothing is exported.

    Who takes some from the end of the list says that those were not sent.
    """
    stages = here.stages
    if stages is None:
        yield [""] * len(outgoing)
        return
    spans = [child_of(one.traceparent) for one in outgoing]
    parents = [header_of(span) for span in spans]
    began_ns, fault = time.time_ns(), ""
    try:
        yield parents
    except BaseException as error:
        fault = type(error).__name__
        raise
    finally:
        ended_ns = time.time_ns()
        for one, span, _ in zip(outgoing, spans, parents, strict=False):
            stages.tell(_stage(one, span, began_ns, ended_ns, fault), bool(span.trace_flags.sampled))


def _stage(one: Outgoing, span: SpanContext, began_ns: int, ended_ns: int, fault: str) -> Stage:
    topic = one.topic.name
    attributes: dict[str, AttributeValue] = {
        its.SYSTEM: its.KAFKA,
        its.OPERATION_NAME: its.SEND,
        its.OPERATION_TYPE: its.SEND,
        its.DESTINATION: topic,
        its.MESSAGE_ID: one.id,
    }
    if one.partition is not None:
        attributes[its.PARTITION] = str(one.partition)
    parent = parsed(one.traceparent)
    parent_id = 0 if parent is None else parent.span_id
    return Stage(
        f"{its.SEND} {topic}",
        SpanKind.PRODUCER,
        span.trace_id,
        span.span_id,
        parent_id,
        began_ns,
        ended_ns,
        attributes,
        fault,
    )
