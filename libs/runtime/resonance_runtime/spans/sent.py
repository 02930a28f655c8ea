"""The spans of records that are sent: one a record and attempt, and whoever reads the record follows from it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from resonance_runtime.records import Outgoing
from resonance_runtime.spans import conventions as its
from resonance_runtime.spans.stages import Description, Stage
from resonance_runtime.tracing import HEADER_LENGTH, child_of, header_of, here, new_span_id


@contextmanager
def sending(outgoing: Sequence[Outgoing]) -> Iterator[list[str]]:
    """Runs the block that sends records, and gives the `traceparent` of each; "" where nothing is exported.

    Who takes some from the end of the list says that those were not sent.
    """
    stages = here.stages
    if stages is None:
        yield [""] * len(outgoing)
        return
    parents = [_own(one) for one in outgoing]
    began_ns, fault = time.time_ns(), ""
    try:
        yield parents
    except BaseException as error:
        fault = type(error).__name__
        raise
    finally:
        ended_ns = time.time_ns()
        for one, own in zip(outgoing, parents, strict=False):
            what = one.topic.name, one.id, one.partition
            stages.tell(Stage(own, one.traceparent, began_ns, ended_ns, _describe, what, fault))


def _own(one: Outgoing) -> str:
    if (parent := one.traceparent) and len(parent) == HEADER_LENGTH:
        return f"{parent[:36]}{new_span_id():016x}{parent[52:]}"
    return header_of(child_of(parent))


def _describe(topic: str, id_: str, partition: int | None) -> Description:
    attributes: dict[str, AttributeValue] = {
        its.SYSTEM: its.KAFKA,
        its.OPERATION_NAME: its.SEND,
        its.OPERATION_TYPE: its.SEND,
        its.DESTINATION: topic,
        its.MESSAGE_ID: id_,
    }
    if partition is not None:
        attributes[its.PARTITION] = str(partition)
    return Description(f"{its.SEND} {topic}", SpanKind.PRODUCER, attributes)
