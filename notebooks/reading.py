"""What is on Kafka's topics now, for notebooks."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from resonance_auto_retrainer.errors import InvalidBatch
from resonance_client import KafkaConnection
from resonance_contracts.topics import Topic
from resonance_runtime.errors import Reject
from resonance_runtime.records import RawRecord, Record, decode


@contextmanager
def passing_over(record: RawRecord | Record[Any]) -> Iterator[None]:
    """Around what is done with a record: where it is not what its topic carries, a line says so, and that is all."""
    try:
        yield
    except (Reject, InvalidBatch) as reason:
        name = record.topic if isinstance(record.topic, str) else record.topic.name
        print(f"passed over: {name}/{record.partition}/{record.offset}: {reason}", file=sys.stderr)


async def records_of(kafka: KafkaConnection, *topics: Topic) -> AsyncIterator[Record[Any]]:
    """Every record of some topics from the beginning to where they end now, those of a partition in order.

    A record that is not what its topic carries is passed over, as the services do that, with a line that says so.

    Raises:
        KafkaError: The brokers do not answer.
    """
    by_name = {topic.name: topic for topic in topics}
    consumer = AIOKafkaConsumer(*by_name, **kafka.arguments(), auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        left = await _unread(consumer)
        while left:
            batches = await consumer.getmany(*left, timeout_ms=500)
            for raws in batches.values():
                for raw in raws:
                    if raw.value is None:
                        continue
                    record = None
                    with passing_over(raw):
                        record = decode(by_name[raw.topic], raw)
                    if record is not None:
                        yield record
            left = {place: end for place, end in left.items() if await consumer.position(place) < end}
    finally:
        await consumer.stop()


async def _unread(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    """The partitions that hold something, and where they end."""
    begins = await consumer.beginning_offsets(consumer.assignment())
    ends = await consumer.end_offsets(consumer.assignment())
    await consumer.seek_to_beginning()
    return {place: end for place, end in ends.items() if end > begins[place]}
