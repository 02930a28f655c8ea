"""Reads a compacted topic from its beginning to where it ends now."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from resonance_contracts.topics import Topic
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.kafka import connection
from resonance_runtime.records import Record, decode
from resonance_runtime.runtime import Runtime

log = logging.getLogger(__name__)


async def stored(runtime: Runtime[Any], topic: Topic) -> AsyncIterator[tuple[bytes | None, Record[Any] | None]]:
    """Key and record of everything that is stored, in the order of each partition; None for a key that is gone.

    Raises:
        Unavailable: The broker does not answer.
    """
    consumer = AIOKafkaConsumer(
        **connection(runtime.settings),
        client_id=f"{runtime.service}-stored-{runtime.settings.instance}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=min(100, runtime.settings.kafka_fetch_wait_ms),
    )
    try:
        await consumer.start()
        count = await runtime.publisher.partitions(topic.name)
        tps = [TopicPartition(topic.name, number) for number in range(count)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        begins = await consumer.beginning_offsets(tps)
        for tp in tps:
            consumer.seek(tp, begins[tp])
        left = {tp for tp in tps if ends[tp] > begins[tp]}
        while left:
            batches = await consumer.getmany(*left, timeout_ms=200, max_records=1000)
            for raws in batches.values():
                for raw in raws:
                    yield raw.key, _decoded(topic, raw)
            for tp in list(left):
                if await consumer.position(tp) >= ends[tp]:
                    left.discard(tp)
    except KafkaError as error:
        raise Unavailable(f"{topic.name} cannot be read: {error!r}.") from error
    finally:
        await consumer.stop()


def _decoded(topic: Topic, raw: Any) -> Record[Any] | None:
    if raw.value is None:
        return None
    try:
        return decode(topic, raw)
    except Reject as reject:
        log.warning("record passed over", extra={"topic": raw.topic, "offset": raw.offset, "reason": str(reject)})
        return None
