"""Records that could not be handled, kept as they came with the reason in their headers."""

from __future__ import annotations

import logging

from resonance_contracts.topics import Topic
from resonance_runtime import metrics
from resonance_runtime.errors import Reject
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Headers, RawRecord
from resonance_runtime.tracing import TRACEPARENT, continued

log = logging.getLogger(__name__)

LONGEST_REASON = 2000


async def bury(publisher: Publisher, topic: Topic, group: str, raw: RawRecord, reason: str) -> None:
    """Sends a record to the dead letters of its topic: value, key and headers unchanged, reason added.

    What is too large for one more record loses its value and its long headers, and one more header says so.

    Raises:
        Unavailable: The broker did not take it; the record must not be committed.
    """
    added = {
        "dlq_reason": reason[:LONGEST_REASON],
        "dlq_topic": raw.topic,
        "dlq_partition": str(raw.partition),
        "dlq_offset": str(raw.offset),
        "dlq_group": group,
    }
    said = [(name, value.encode()) for name, value in added.items()]
    try:
        await publisher.send_raw(topic.dead_letters, raw.key, raw.value, [*raw.headers, *said])
    except Reject as reject:
        short = [(name, value) for name, value in raw.headers if len(value or b"") <= LONGEST_REASON]
        said.append(("dlq_value_left_out", str(reject).encode()))
        await publisher.send_raw(topic.dead_letters, raw.key, None, [*short, *said])
    metrics.DEAD_LETTERS.labels(topic=topic.name, group=group).inc()
    with continued(Headers(raw.headers).text(TRACEPARENT)):
        log.warning(
            "record sent to the dead letters", extra={"topic": raw.topic, "offset": raw.offset, "reason": reason}
        )
