"""Where traces of frames begin: with the batch that they travel in. A span a frame would cost more than the frame."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

from resonance_gateway.tracking.activity import Activity, Stream
from resonance_runtime.spans import conventions as its
from resonance_runtime.spans.stages import Description, Stage
from resonance_runtime.tracing import child_of, header_of, here

RECEIVED: Final = "receive frames"
PASSED: Final = "tell time"
"""The batch has no frames: it says that time has passed, which may end windows of users who are silent."""


def received(events: Sequence[Activity], stream: Stream, partition: int, batch: str) -> str:
    """The `traceparent` of a batch that is sent now; its span began when the first of its frames was received.

    A batch without frames is not drawn: many a second are sent when nothing happens.
    """
    root = header_of(child_of(""))
    if here.stages is None:
        return root
    now_ns = time.time_ns()
    began_ns = min(now_ns, 1000 * events[0].received_us) if events else now_ns
    own = root if events else root[:-2] + "00"
    what = len(events), stream.name, partition, batch
    here.stages.tell(Stage(own, "", began_ns, now_ns, _describe, what))
    return own


def _describe(frames: int, stream: str, partition: int, batch: str) -> Description:
    attributes: dict[str, AttributeValue] = {
        its.FRAMES: frames,
        its.STREAM: stream,
        its.PARTITION: str(partition),
        its.MESSAGE_ID: batch,
    }
    return Description(RECEIVED if frames else PASSED, SpanKind.SERVER, attributes)
