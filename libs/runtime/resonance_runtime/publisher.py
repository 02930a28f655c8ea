"""Sends records: acks=all, CloudEvents headers, trace."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from resonance_contracts.shards import partition_of
from resonance_contracts.topics import Service
from resonance_runtime import metrics
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.records import Outgoing, headers_of
from resonance_runtime.settings import RuntimeSettings

log = logging.getLogger(__name__)

MAX_RECORD_BYTES = 1_000_000


class Publisher:
    """The one producer of a process."""

    def __init__(self, service: Service, settings: RuntimeSettings) -> None:
        self._source = f"/resonance/{service}/{settings.instance}"
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap,
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

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Sends records, in order per partition, and waits until all in-sync replicas have all of them.

        Raises:
            Unavailable: The broker did not take one of them; all may be sent again, ids make that harmless.
            Reject: A record is larger than a broker takes, or than `MAX_RECORD_BYTES`; then nothing was sent.
        """
        values = [one.encoded() for one in outgoing]
        for one, value in zip(outgoing, values, strict=True):
            if len(value) > MAX_RECORD_BYTES:
                raise Reject(f"{one.topic.name}: {one.id} has {len(value):,} bytes, more than {MAX_RECORD_BYTES:,}")
        try:
            pending = [await self._enqueue(one, value) for one, value in zip(outgoing, values, strict=True)]
            await asyncio.gather(*pending)
        except MessageSizeTooLargeError as error:
            raise Reject(f"a record made from it is larger than the broker takes: {error}") from error
        except KafkaError as error:
            raise Unavailable(f"The broker did not take a record: {error!r}.") from error
        for topic, sent in Counter(one.topic.name for one in outgoing).items():
            metrics.RECORDS_PRODUCED.labels(topic=topic).inc(sent)

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Sends bytes as they are: for dead letters, which keep what came.

        Raises:
            Unavailable: The broker did not take it.
            Reject: It is larger than the broker takes.
        """
        try:
            await self._producer.send_and_wait(topic, value=value, key=key, headers=list(headers))
        except MessageSizeTooLargeError as error:
            raise Reject(f"it is larger than the broker takes: {error}") from error
        except KafkaError as error:
            raise Unavailable(f"The broker did not take a dead letter: {error!r}.") from error

    async def partitions(self, topic: str) -> int:
        """Number of partitions of a topic; 0 where it does not exist."""
        return len(await self._producer.partitions_for(topic) or ())

    async def _enqueue(self, outgoing: Outgoing, value: bytes) -> asyncio.Future[object]:
        key, partition = outgoing.key, outgoing.partition
        if outgoing.user_key is not None:
            key = outgoing.user_key.encode()
            partition = partition_of(outgoing.user_key, await self.partitions(outgoing.topic.name))
        future: asyncio.Future[object] = await self._producer.send(
            outgoing.topic.name,
            value=value,
            key=key,
            partition=partition,
            headers=headers_of(outgoing, self._source),
        )
        return future
