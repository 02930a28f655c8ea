"""What a restore does in Kafka: looks whether there is nothing, writes records and offsets of groups."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import TOPICS, USERS_ERASED
from resonance_runtime import topics
from resonance_runtime.backup.chunks import Entry
from resonance_runtime.backup.source import Source
from resonance_runtime.cluster import PATIENCE_S
from resonance_runtime.errors import Unavailable
from resonance_runtime.kafka import connection
from resonance_runtime.publisher import MAX_RECORD_BYTES
from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.wall_clock import now_us

NAMES = frozenset(name for topic in TOPICS for name in (topic.name, topic.dead_letters))


class Target(Source):
    """A cluster that is restored to; a context manager."""

    def __init__(self, settings: RuntimeSettings) -> None:
        super().__init__(settings)
        self._settings = settings
        self._producer = AIOKafkaProducer(
            **connection(settings),
            client_id="resonance-restore",
            acks="all",
            enable_idempotence=settings.kafka_idempotent,
            max_batch_size=1024 * 1024,
            max_request_size=MAX_RECORD_BYTES + 1024 * 24,
        )

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self._producer.start()
        except KafkaError as error:
            await self.__aexit__(None, None, None)
            raise Unavailable(f"No broker takes records at {self._address}: {error!r}.") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.stop()
        await super().__aexit__(kind, fault, trace)

    async def create(self, partitions: int, wanted: Mapping[str, int]) -> None:
        """Creates the topics that are missing; returns when the broker shows them.

        Args:
            partitions: Of the topics of the pipeline.
            wanted: How many each topic should have.

        Raises:
            Unavailable: The broker refuses, or does not show them.
        """
        await topics.create(self._settings.model_copy(update={"partitions": partitions}))
        until = time.monotonic() + PATIENCE_S
        while (found := await self.partitions(list(wanted))) != wanted:
            if time.monotonic() > until:
                name = next(name for name in wanted if found[name] != wanted[name])
                raise Unavailable(f"{name} has {found[name]} partitions; expected {wanted[name]}.")
            await asyncio.sleep(0.1)

    async def write(self, topic: str, partition: int, entries: Sequence[Entry]) -> None:
        """Writes records in their order; returns when the broker has them.

        Raises:
            Unavailable: It did not take one of them; those before it are there.
        """
        try:
            pending = [
                await self._producer.send(
                    topic,
                    entry.value,
                    entry.key,
                    partition=partition,
                    timestamp_ms=entry.time_ms,
                    headers=list(entry.headers),
                )
                for entry in entries
            ]
            await asyncio.gather(*pending)
        except KafkaError as error:
            raise Unavailable(f"The broker did not take a record of {topic}: {error!r}.") from error

    async def erase(self, entries: Sequence[Entry]) -> None:
        """Says of people who were erased after the backup that they are erased now: it is the past that came back."""
        erased_us = now_us()
        again = []
        for entry in entries:
            erased = UserErased.FromString(entry.value or b"")
            erased.erased_us = erased_us
            headers = tuple((k, v if k != "ce_id" else (v or b"") + b"/restored") for k, v in entry.headers)
            value = erased.SerializeToString(deterministic=True)
            again.append(Entry(entry.offset, erased_us // 1000, entry.key, value, headers))
        await self.write(USERS_ERASED.name, 0, again)

    async def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Says where a group without members goes on.

        Raises:
            Unavailable: The broker refuses.
        """
        consumer = AIOKafkaConsumer(**connection(self._settings), group_id=group, enable_auto_commit=False)
        try:
            await consumer.start()
            consumer.assign(list(offsets))
            await consumer.commit(dict(offsets))
        except KafkaError as error:
            raise Unavailable(f"The broker did not take the offsets of {group}: {error!r}.") from error
        finally:
            await consumer.stop()
