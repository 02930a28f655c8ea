"""Sends records: acks=all, CloudEvents headers, trace."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, UnknownTopicOrPartitionError

from resonance_contracts.shards import partition_of
from resonance_contracts.topics import Service
from resonance_runtime import metrics
from resonance_runtime.dependencies import Dependency, asking
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.kafka import connection
from resonance_runtime.records import Outgoing, headers_of
from resonance_runtime.settings import RuntimeSettings
from resonance_runtime.spans.sent import sending

log = logging.getLogger(__name__)

MAX_RECORD_BYTES = 1_000_000
BY_BROKER: Final = 1
"""Type of the time of a record that the broker stamped (LogAppendTime)."""


class Publisher:
    """The one producer of a process."""

    def __init__(self, service: Service, settings: RuntimeSettings) -> None:
        self._source = f"/resonance/{service}/{settings.instance}"
        self._producer = AIOKafkaProducer(
            **connection(settings),
            client_id=f"{service}-{settings.instance}",
            acks="all",
            enable_idempotence=settings.kafka_idempotent,
            linger_ms=0,
            # A record of vectors is 150 kB: with room for one a request, each would wait for the one before it.
            max_batch_size=1024 * 1024,
            max_request_size=MAX_RECORD_BYTES + 1024 * 24,
            request_timeout_ms=10_000,
        )

    async def start(self) -> None:
        """Connects to the broker.

        Raises:
            Unavailable: No broker answers.
        """
        with asking(Dependency.BROKER):
            try:
                await self._producer.start()
            except KafkaError as error:
                await self._producer.stop()
                raise Unavailable(f"No broker answers: {error}.") from error

    async def stop(self) -> None:
        """Waits until what was sent is acknowledged, and disconnects."""
        await self._producer.stop()

    async def send(self, outgoing: Outgoing) -> None:
        """Sends one record and waits until all in-sync replicas have it; errors as `send_all`."""
        await self.send_all([outgoing])

    async def send_timed(self, outgoing: Outgoing) -> int | None:
        """Sends one record as `send` does.

        Returns:
            When the broker stored it by its own clock, milliseconds since the epoch; None where the topic keeps the
            times of its senders.
        """
        (stored,) = await self._send_all([outgoing])
        # A broker that has no times of its own, and says so wrongly, says 0.
        return stored.timestamp if stored.timestamp_type == BY_BROKER and stored.timestamp > 0 else None

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Sends records, in order per partition, and waits until all in-sync replicas have all of them.

        Raises:
            Unavailable: The broker did not take one of them; all may be sent again, ids make that harmless.
            Reject: A record is larger than a broker takes, or than `MAX_RECORD_BYTES`; then nothing was sent.
        """
        await self._send_all(outgoing)

    async def _send_all(self, outgoing: Sequence[Outgoing]) -> list[Any]:
        """As `send_all`; what the broker said of each."""
        values = [one.encoded() for one in outgoing]
        for one, value in zip(outgoing, values, strict=True):
            if value is not None and len(value) > MAX_RECORD_BYTES:
                raise Reject(f"{one.topic.name}: {one.id} has {len(value):,} bytes, more than {MAX_RECORD_BYTES:,}")
        with sending(outgoing) as parents, _asking():
            pending = [await self._enqueue(*one) for one in zip(outgoing, values, parents, strict=True)]
            stored = await asyncio.gather(*pending)
        for topic, sent in Counter(one.topic.name for one in outgoing).items():
            metrics.RECORDS_PRODUCED.labels(topic=topic).inc(sent)
        return stored

    async def send_together(self, outgoing: Sequence[Outgoing]) -> int:
        """Sends records of one partition so that all of them are stored, in order, or none.

        As many go, from the first, as fit into one batch of the broker; a retry of a batch keeps its order, whatever
        became of the attempt before, which separate batches do not promise.

        Args:
            outgoing: At least one; all with the same topic and partition, and without a user key.

        Returns:
            How many were stored, at least one.

        Raises:
            Unavailable: The broker did not take them; they may be sent again, ids make that harmless.
            Reject: The first is larger than a broker takes.
        """
        first = outgoing[0]
        if first.partition is None:
            raise ValueError("Records that are sent together name their partition.")
        batch, count = self._producer.create_batch(), 0
        with sending(outgoing) as parents:
            for one, parent in zip(outgoing, parents, strict=True):
                value = one.encoded()
                if value is not None and len(value) > MAX_RECORD_BYTES:
                    break
                headers = headers_of(one, self._source, parent)
                if batch.append(key=one.key, value=value, timestamp=None, headers=headers) is None:
                    break
                count += 1
            del parents[count:]
            if not count:
                raise Reject(f"{first.topic.name}: {first.id} has more bytes than the {MAX_RECORD_BYTES:,} of a record")
            with _asking():
                await (await self._producer.send_batch(batch, first.topic.name, partition=first.partition))
        metrics.RECORDS_PRODUCED.labels(topic=first.topic.name).inc(count)
        return count

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Sends bytes as they are: for dead letters, which keep what came.

        Raises:
            Unavailable: The broker did not take it.
            Reject: It is larger than the broker takes.
        """
        with asking(Dependency.BROKER):
            try:
                await self._producer.send_and_wait(topic, value=value, key=key, headers=list(headers))
            except MessageSizeTooLargeError as error:
                raise Reject(f"it is larger than the broker takes: {error}") from error
            except KafkaError as error:
                raise Unavailable(f"The broker did not take a dead letter: {error!r}.") from error

    async def partitions(self, topic: str) -> int:
        """Number of partitions of a topic; 0 where it does not exist."""
        if known := self._producer.client.cluster.partitions_for_topic(topic):
            return len(known)
        try:
            return len(await self._producer.partitions_for(topic) or ())
        except UnknownTopicOrPartitionError:
            return 0

    async def _enqueue(self, outgoing: Outgoing, value: bytes | None, parent: str) -> asyncio.Future[object]:
        key, partition = outgoing.key, outgoing.partition
        if outgoing.user_key is not None:
            key = outgoing.user_key.encode() if key is None else key
            partition = partition_of(outgoing.user_key, await self.partitions(outgoing.topic.name))
        future: asyncio.Future[object] = await self._producer.send(
            outgoing.topic.name,
            value=value,
            key=key,
            partition=partition,
            headers=headers_of(outgoing, self._source, parent),
        )
        return future


@contextmanager
def _asking() -> Iterator[None]:
    """Around records that are sent: says in our words why the broker did not take them."""
    with asking(Dependency.BROKER):
        try:
            yield
        except MessageSizeTooLargeError as error:
            raise Reject(f"a record made from it is larger than the broker takes: {error}") from error
        except KafkaError as error:
            raise Unavailable(f"The broker did not take a record: {error!r}.") from error
