"""A subscription to alerts on Kafka."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Final, Literal

from resonance_client.alerts.events import AlertEvent, check_types
from resonance_client.alerts.parts import rank
from resonance_client.alerts.rebalancing import listener
from resonance_client.alerts.records import TOPICS_OF, event_of_record
from resonance_client.alerts.seen import Seen
from resonance_client.alerts.subscription import AlertSubscription
from resonance_client.errors import GatewayUnreachable, ProtocolViolation, UsageError
from resonance_client.kafka_connection import KafkaConnection

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

log = logging.getLogger(__name__)

COMMIT_EVERY_S: Final = 1.0
LOOK_S: Final = 0.2
"""How often it is looked whether the end was reached."""


class KafkaAlerts(AlertSubscription):
    """Alerts from Kafka, as members of a group share them; see `AlertSubscription` for what is handled when.

    What was handled is committed within a second, and when the block is left: whoever goes on in the group begins
    behind it. Repeats of a record that this process gave out already are passed over; where a process died, what it
    had handled since its last commit comes again, under the same `key`. Handling an event may take five minutes; after
    that the group gives its partition to another member, and the event with it.

    Args:
        connection: The brokers, or their addresses as host:port[,host:port].
        group: Name of the group; None reads for itself alone and commits nothing.
        types: Some of "alert", "explanation", "enriched", "verdict".
        min_severity: "low", "medium", "high" or "critical"; what is less severe is passed over.
        begin: Where a group begins that never committed: "now", "earliest", or a time, seconds since the epoch.
        until_end: Whether it ends once it has caught up; of one without a group.

    Raises:
        UsageError: aiokafka is not installed, or an argument is none.
        GatewayUnreachable: The brokers cannot be reached.
    """

    def __init__(
        self,
        connection: KafkaConnection | str,
        group: str | None,
        *,
        types: Collection[str] = ("alert",),
        min_severity: str = "low",
        begin: Literal["now", "earliest"] | float = "now",
        until_end: bool = False,
    ) -> None:
        super().__init__()
        check_types(types)
        self._connection = KafkaConnection(connection) if isinstance(connection, str) else connection
        self._group = group
        self._topics = [topic.name for kind in types for topic in TOPICS_OF[kind]]
        self._least = rank(min_severity)
        self._begin = begin
        self._until_end = until_end
        self._seen = Seen()
        self._consumer: AIOKafkaConsumer | None = None
        self._owned: set[TopicPartition] = set()
        self._handled_offsets: dict[TopicPartition, int] = {}
        self._in_hand_at: tuple[TopicPartition, int] | None = None
        self._commit_at = 0.0

    @property
    def assigned(self) -> int:
        """Partitions of which it misses nothing from now on: they are its own, and it is known where it begins."""
        return len(self._owned)

    async def _open(self) -> None:
        try:
            from aiokafka import AIOKafkaConsumer
            from aiokafka.errors import KafkaError
        except ModuleNotFoundError as error:
            raise UsageError(
                f"Alerts from Kafka need {error.name}, which is not installed: pip install 'resonance-client[kafka]'."
            ) from error
        consumer = AIOKafkaConsumer(
            *(self._topics if self._group is None else ()),
            **self._connection.arguments(),
            group_id=self._group,
            client_id="resonance-client",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            auto_offset_reset="earliest" if self._begin == "earliest" else "latest",
        )
        try:
            await consumer.start()
            self._consumer = consumer
            if self._group is None:
                await self._all(consumer)
            else:
                consumer.subscribe(self._topics, listener=listener(self._take_over, self._give_up))
        except (KafkaError, OSError) as error:
            await consumer.stop()
            raise GatewayUnreachable(
                f"No answer from the brokers at {self._connection.bootstrap} ({error}); are they running, and is the "
                "protocol right?"
            ) from error

    async def _all(self, consumer: AIOKafkaConsumer) -> None:
        """Where to begin in all partitions of the topics, which are this process's alone."""
        for topic in self._topics:
            if not consumer.partitions_for_topic(topic):
                raise UsageError(
                    f"The brokers at {self._connection.bootstrap} have no topic {topic}; are they those of Resonance?"
                )
        partitions = consumer.assignment()
        for partition, offset in (await self._first(partitions)).items():
            consumer.seek(partition, offset)
        self._owned = set(partitions)

    async def _first(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Where to begin in partitions of which nothing was committed."""
        consumer = self._opened()
        if self._begin == "earliest":
            return dict(await consumer.beginning_offsets(list(partitions)))
        ends = dict(await consumer.end_offsets(list(partitions)))
        if self._begin == "now":
            return ends
        at_ms = round(float(self._begin) * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, at_ms))
        return {one: ends[one] if found.get(one) is None else found[one].offset for one in partitions}

    async def _take_over(self, partitions: Collection[TopicPartition]) -> None:
        """Commits where to begin in partitions of which nothing was committed: a crash before the first event that is
        handled loses nothing then."""
        consumer = self._opened()
        fresh = [one for one in partitions if await consumer.committed(one) is None]
        if fresh:
            first = await self._first(fresh)
            for partition, offset in first.items():
                consumer.seek(partition, offset)
            await consumer.commit(first)
        self._owned.update(partitions)

    async def _give_up(self, partitions: Collection[TopicPartition]) -> None:
        """Commits what was handled in partitions that another member is given, and forgets them."""
        self._owned.difference_update(partitions)
        await self._commit()
        if self._in_hand_at is not None and self._in_hand_at[0] in partitions:
            self._in_hand_at = None

    async def _next(self) -> AlertEvent:
        consumer = self._opened()
        while True:
            record = await self._record(consumer)
            if record is None:
                raise StopAsyncIteration
            at = _partition_of(record), record.offset + 1
            event = self._read(record)
            if event is not None and rank(event.severity) >= self._least and event.key not in self._seen:
                self._seen.add(event.key)
                self._in_hand_at = at
                return event
            self._handled_offsets[at[0]] = at[1]
            await self._commit_in_time()

    async def _record(self, consumer: AIOKafkaConsumer) -> ConsumerRecord | None:
        """The next record; None where the end is to be the end, and was reached."""
        while self._until_end:
            for records in (await consumer.getmany(timeout_ms=round(1000 * LOOK_S), max_records=1)).values():
                return records[0]
            if await self._caught_up(consumer):
                return None
        getting = asyncio.ensure_future(consumer.getone())
        try:
            while not (await asyncio.wait({getting}, timeout=COMMIT_EVERY_S))[0]:
                await self._commit_in_time()
        except asyncio.CancelledError:
            getting.cancel()
            raise
        return getting.result()

    async def _caught_up(self, consumer: AIOKafkaConsumer) -> bool:
        """Whether the brokers have nothing more, as they said when they were asked last."""
        for partition in consumer.assignment():
            end = consumer.highwater(partition)
            if end is None or await consumer.position(partition) < end:
                return False
        return True

    def _read(self, record: ConsumerRecord) -> AlertEvent | None:
        try:
            return event_of_record(record.topic, record.value or b"")
        except ProtocolViolation as error:
            log.warning(
                "a record was passed over, since it is none of its topic",
                extra={
                    "topic": record.topic,
                    "partition": record.partition,
                    "offset": record.offset,
                    "reason": str(error),
                },
            )
            return None

    async def _handled(self, event: AlertEvent) -> None:
        if self._in_hand_at is not None:
            partition, offset = self._in_hand_at
            self._handled_offsets[partition], self._in_hand_at = offset, None
        await self._commit_in_time()

    async def _commit_in_time(self) -> None:
        if time.monotonic() >= self._commit_at:
            await self._commit()

    async def _commit(self) -> None:
        from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

        self._commit_at = time.monotonic() + COMMIT_EVERY_S
        if self._group is None or not self._handled_offsets or self._consumer is None:
            return
        mine = {one: at for one, at in self._handled_offsets.items() if one in self._consumer.assignment()}
        self._handled_offsets.clear()
        if not mine:
            return
        try:
            await self._consumer.commit(mine)
        except (CommitFailedError, IllegalStateError):
            pass  # Another member has them by now, and will handle them once more.
        except KafkaError as error:
            self._handled_offsets = mine | self._handled_offsets
            log.warning("what was handled could not be committed, and will be again", extra={"reason": str(error)})

    async def _close(self) -> None:
        if self._consumer is not None:
            await self._commit()
            await self._consumer.stop()
            self._consumer = None
        self._owned.clear()

    def _opened(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("KafkaAlerts must be used as `async with KafkaAlerts(...) as alerts`.")
        return self._consumer


def _partition_of(record: ConsumerRecord) -> TopicPartition:
    from aiokafka import TopicPartition

    return TopicPartition(record.topic, record.partition)
