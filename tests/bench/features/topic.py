"""The topics of one run: made, filled before anything is measured, and read when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from resonance_contracts.topics import ACTIVITY_OBSERVED, FEATURES_COMPUTED, TOPICS
from resonance_runtime.records import CONTENT_TYPE, SPEC_VERSION, ce_time
from resonance_runtime.topics import new_topics
from tests.bench.features.output import Incomplete, Output
from tests.bench.features.traffic import ORIGIN, Batch

PARTITIONS: Final = 4
TRACE: Final = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00"
_TIMES_OF_STORING: Final = {"message.timestamp.type": "LogAppendTime"}


async def fill(bootstrap: str, records: Iterable[Batch]) -> None:
    """Makes the catalogue's topics and writes records of activity.

    Records of vectors get the time at which the broker stored them.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics = new_topics(TOPICS, PARTITIONS, 1)
        for topic in topics:
            if topic.name == FEATURES_COMPUTED.name:
                topic.topic_configs.update(_TIMES_OF_STORING)
        response = await admin.create_topics(topics)
        if refused := [error for error in response.topic_errors if error[1]]:
            raise RuntimeError(f"The broker did not make the topics: {refused}.")
    finally:
        await admin.close()
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5, max_batch_size=1 << 19
    )
    await producer.start()
    try:
        for record in records:
            await producer.send(
                ACTIVITY_OBSERVED.name, record.value, partition=record.partition, headers=_headers(record)
            )
        await producer.flush()
    finally:
        await producer.stop()


def _headers(record: Batch) -> list[tuple[str, bytes]]:
    attributes = {
        "ce_specversion": SPEC_VERSION,
        "ce_id": record.id,
        "ce_type": ACTIVITY_OBSERVED.type,
        "ce_source": f"/resonance/gateway/{ORIGIN}",
        "ce_time": ce_time(record.watermark_us),
        "content-type": CONTENT_TYPE,
        "traceparent": TRACE,
    }
    return [(name, value.encode()) for name, value in attributes.items()]


@dataclass(frozen=True, slots=True)
class Stored:
    """One record of vectors.

    Attributes:
        source: Id of the record of activity it was made from.
        stored_s: When the broker stored it, seconds since the epoch, to the millisecond.
        vectors: How many vectors are in it.
        size: Bytes of its value.
    """

    source: str
    stored_s: float
    vectors: int
    size: int


class Progress:
    """How far the service is: what it has committed of what is on its topic."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._group = group

    async def start(self) -> None:
        """Connects."""
        await self._admin.start()

    async def stop(self) -> None:
        """Disconnects."""
        await self._admin.close()

    async def done(self, records: Sequence[Batch]) -> bool:
        """Whether all of these records, which are all there are, are committed."""
        try:
            places = await self._admin.list_consumer_group_offsets(self._group)
        except GroupCoordinatorNotAvailableError:
            return False
        committed = {tp.partition: place.offset for tp, place in places.items() if tp.topic == ACTIVITY_OBSERVED.name}
        ends = {record.partition: record.number + 1 for record in records}
        return all(committed.get(partition, -1) >= end for partition, end in ends.items())


async def read(bootstrap: str) -> tuple[list[Stored], Output]:
    """Everything the service wrote.

    Raises:
        Incomplete: Something of it cannot be, or the service buried a record.
    """
    output, stored = Output(), list[Stored]()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, fetch_max_wait_ms=10, max_partition_fetch_bytes=8 << 20, fetch_max_bytes=64 << 20
    )
    await consumer.start()
    try:
        tps = [TopicPartition(FEATURES_COMPUTED.name, number) for number in range(PARTITIONS)]
        letters = TopicPartition(ACTIVITY_OBSERVED.dead_letters, 0)
        consumer.assign([*tps, letters])
        ends = await consumer.end_offsets([*tps, letters])
        if ends[letters]:
            raise Incomplete(f"{ends[letters]} records went to the dead letters")
        for tp in tps:
            consumer.seek(tp, 0)
        waiting = {tp for tp in tps if ends[tp]}
        while waiting:
            for tp, records in (await consumer.getmany(*waiting, timeout_ms=1000)).items():
                for record in records:
                    before = output.vectors
                    output.add(record.value)
                    source = dict(record.headers)["ce_id"].decode().split("/")[0]
                    stored.append(Stored(source, record.timestamp / 1000, output.vectors - before, len(record.value)))
                if records and records[-1].offset + 1 >= ends[tp]:
                    waiting.discard(tp)
    finally:
        await consumer.stop()
    return stored, output
