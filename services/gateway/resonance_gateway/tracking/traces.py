"""Where traces of frames begin: with the batch that they travel in. A span a frame would cost more than the frame."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from opentelemetry.trace import SpanKind

from resonance_gateway.tracking.activity import Activity, Stream
from resonance_runtime.spans import conventions as its
from resonance_runtime.spans.stages import Stage
from resonance_runtime.tracing import child_of, header_of, here

RECEIVED: Final = "receive frames"
PASSED: Final = "tell time"
"""The batch has no frames: it says that time has passed, which may end windows of users who are silent."""


def received(events: Sequence[Activity], stream: Stream, partition: int, batch: str) -> str:
    """The `traceparent` of a batch that is sent now; its span began when the first of its frames was received.

    A batch without frames is not drawn: many a second are sent when nothing happens.
    """
    root = child_of("")
    if here.stages is None:
        return header_of(root)
    drawn = bool(root.trace_flags.sampled and events)
    now_ns = time.time_ns()
    began_ns = min(now_ns, 1000 * events[0].received_us) if events else now_ns
    here.stages.tell(
        Stage(
            RECEIVED if events else PASSED,
            SpanKind.SERVER,
            root.trace_id,
            root.span_id,
            0,
            began_ns,
            now_ns,
            {
                its.FRAMES: len(events),
                its.STREAM: stream.name,
                its.PARTITION: str(partition),
                its.MESSAGE_ID: batch,
            },
        ),
        drawn,
    )
    return header_of(root) if drawn else header_of(root)[:-2] + "00"
