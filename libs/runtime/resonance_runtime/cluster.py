"""What adding partitions asks of Kafka, and the one thing it does there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import KafkaError, for_code
from google.protobuf.message import DecodeError

from resonance_contracts.pb.resonance.v1.operations_pb2 import ServiceReport
from resonance_contracts.topics import SERVICES_REPORTED
from resonance_runtime.errors import Unavailable
from resonance_runtime.kafka import connection
from resonance_runtime.retry import delays
from resonance_runtime.settings import RuntimeSettings

T = TypeVar("T")

# A broker that just started, or a new partition without a leader yet, answers a moment later.
PATIENCE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Span:
    """What a partition holds, and how far a group says it is.

    Attributes:
        begin: First offset that is still there.
        end: Offset of the next record.
        committed: Next offset of the group; None where it committed none.
    """

    begin: int
    end: int
    committed: int | None


class Cluster:
    """A Kafka cluster, asked from outside of all groups; a context manager."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._address = settings.kafka_bootstrap
        self._admin = AIOKafkaAdminClient(**connection(settings), client_id="resonance-partitions")
        self._consumer = AIOKafkaConsumer(**connection(settings), client_id="resonance-partitions")

    async def __aenter__(self) -> Self:
        try:
            await self._admin.start()
            await self._consumer.start()
        except KafkaError as error:
            await self.__aexit__(None, None, None)
            raise Unavailable(f"No broker answers at {self._address}: {error!r}.") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def partitions(self, topics: Collection[str]) -> dict[str, int]:
        """Number of partitions of each topic; 0 where it does not exist."""
        described = await self._ask(lambda: self._admin.describe_topics(list(topics)))
        return {t["topic"]: len(t["partitions"]) for t in described}

    async def members(self, groups: Collection[str]) -> dict[str, list[str]]:
        """Client ids of the members of each group; groups without members are left out."""
        found = {group: await self._ask(partial(self._members, group)) for group in groups}
        return {group: clients for group, clients in found.items() if clients}

    async def spans(self, group: str, topic: str, partitions: int) -> list[Span]:
        """What the first partitions of a topic hold, by their number."""
        tps = [TopicPartition(topic, number) for number in range(partitions)]
        begins = await self._ask(lambda: self._consumer.beginning_offsets(tps))
        ends = await self._ask(lambda: self._consumer.end_offsets(tps))
        kept = await self._ask(lambda: self._admin.list_consumer_group_offsets(group, partitions=tps))
        committed = {tp: kept[tp].offset if tp in kept and kept[tp].offset >= 0 else None for tp in tps}
        return [Span(begins[tp], ends[tp], committed[tp]) for tp in tps]

    async def reporting(self, services: Collection[str], seconds: float) -> list[str]:
        """Instances of these services that say during this time that they run, as `service/instance`."""
        tps = [TopicPartition(SERVICES_REPORTED.name, n) for n in range(await self._reports())]
        self._consumer.assign(tps)
        ends = await self._ask(lambda: self._consumer.end_offsets(tps))
        for tp in tps:
            self._consumer.seek(tp, ends[tp])
        found: set[str] = set()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            batches = await self._ask(lambda: self._consumer.getmany(*tps, timeout_ms=min(500, int(left * 1000) + 1)))
            found |= _instances([record.value for records in batches.values() for record in records], services)
        return sorted(found)

    async def grow(self, topic: str, partitions: int) -> None:
        """Adds partitions to a topic until it has so many; returns when the broker says so.

        Raises:
            Unavailable: The broker refuses, or does not answer.
        """
        await self._ask(lambda: self._admin.create_partitions({topic: NewPartitions(partitions)}))
        until = time.monotonic() + PATIENCE_S
        while (await self.partitions([topic]))[topic] < partitions:
            if time.monotonic() > until:
                raise Unavailable(f"The broker took {partitions} partitions for {topic}, but does not show them yet.")
            await asyncio.sleep(0.05)

    async def _members(self, group: str) -> list[str]:
        # One group a request: aiokafka misreads an answer about several.
        (response,) = await self._admin.describe_consumer_groups([group])
        ((code, _, _, _, _, members, *_),) = response.groups
        if code:
            raise for_code(code)
        return [client for _, client, *_ in members]

    async def _reports(self) -> int:
        return (await self.partitions([SERVICES_REPORTED.name]))[SERVICES_REPORTED.name]

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        until = time.monotonic() + PATIENCE_S
        for delay in delays(0.1, 1.0):
            try:
                return await question()
            except KafkaError as error:
                if not error.retriable or time.monotonic() > until:
                    raise Unavailable(f"The broker refused: {error!r}.") from error
            await asyncio.sleep(delay)
        raise AssertionError("delays() has no end")


def _instances(values: Sequence[Any], services: Collection[str]) -> set[str]:
    found = set()
    for value in values:
        try:
            report = ServiceReport.FromString(value or b"")
        except DecodeError:
            continue
        if report.service in services:
            found.add(f"{report.service}/{report.instance}")
    return found
