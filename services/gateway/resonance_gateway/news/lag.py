"""How far behind the groups of the services are, as the broker says it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from resonance_contracts.topics import BY_NAME, Service
from resonance_runtime.kafka import connection
from resonance_runtime.settings import RuntimeSettings

log = logging.getLogger(__name__)

# The broker is asked so often, so that nobody who asks waits for it.
EVERY_S: Final = 10.0
# Asked for again after this long at the earliest, however many ask.
FRESH_S: Final = 5.0
# What is known is answered at once for this long, while the broker is asked again.
STANDS_S: Final = 15.0
# Whoever asks waits this long where nothing is known that stands; the broker is asked on for those who ask next.
PATIENCE_S: Final = 2.0
# Under load a broker takes seconds to answer; after this long it is taken for silent.
ANSWER_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class GroupLag:
    """One group on one topic.

    Attributes:
        service: Whose group it is.
        group, topic: Their names.
        partitions: Partitions that the group committed offsets of.
        records: Records of them that it has not committed. Groups that keep state commit with their snapshots, so it
            is some seconds of traffic while all is well.
    """

    service: Service
    group: str
    topic: str
    partitions: int
    records: int


@dataclass(frozen=True, slots=True)
class Lags:
    """What is known of all groups; `unknown` says why where it is not of this moment."""

    groups: tuple[GroupLag, ...] = ()
    unknown: str | None = None


def service_of(group: str) -> Service | None:
    """The service of a group: groups are named `<service>` or `<service>.<what for>`."""
    name = group.partition(".")[0]
    return Service(name) if name in frozenset(Service) else None


def lags_of(group: str, committed: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> list[GroupLag]:
    """Lag of one group by topic, from the next offsets that it committed and the ends of partitions."""
    service = service_of(group)
    if service is None:
        return []
    topics: dict[str, list[int]] = {}
    for tp, offset in committed.items():
        if offset >= 0:
            topics.setdefault(tp.topic, []).append(max(0, ends[tp] - offset))
    return [GroupLag(service, group, topic, len(behind), sum(behind)) for topic, behind in sorted(topics.items())]


class LagWatch:
    """Asks the broker every few seconds; a component of the service.

    Args:
        settings: Where the broker is.
        clock: Seconds, ascending.
        every_s: How often it is asked where nobody wants to know, seconds.
    """

    def __init__(
        self, settings: RuntimeSettings, clock: Callable[[], float] = time.monotonic, every_s: float = EVERY_S
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._every_s = every_s
        self._known = Lags(unknown="The broker was not asked yet.")
        self._known_at = self._asked_at = -math.inf
        self._asking: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._broker: _Broker | None = None

    async def start(self) -> None:
        """From now on the broker is asked."""
        self._ask_unless_asked()
        self._keeping = asyncio.create_task(self._keep_asking())

    async def stop(self) -> None:
        """Closes the connections to the broker."""
        keeping, self._keeping = self._keeping, None
        if tasks := [task for task in (keeping, self._asking) if task is not None]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        await self._forget_broker()

    async def current(self) -> Lags:
        """What is known, not older than some seconds where the broker answers."""
        now = self._clock()
        if self._keeping is not None and now - self._asked_at >= FRESH_S:
            self._ask_unless_asked()
        if now - self._known_at < STANDS_S or self._asking is None:
            return self._known
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.shield(self._asking)
        except TimeoutError:
            return Lags(self._known.groups, "The broker has not said it yet.")
        return self._known

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            self._ask_unless_asked()

    def _ask_unless_asked(self) -> None:
        if self._asking is None or self._asking.done():
            self._asked_at = self._clock()
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_S):
                if self._broker is None:
                    self._broker = await _Broker(self._settings).opened()
                self._known = Lags(await self._broker.lags())
                self._known_at = self._clock()
        except (TimeoutError, KafkaError, OSError) as error:
            said = f"The broker did not say it in time: {type(error).__name__}."
            if self._known.unknown != said:
                log.warning("lag is not known", extra={"reason": repr(error)})
            self._known = Lags(self._known.groups, said)
            await self._forget_broker()

    async def _forget_broker(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            await _quietly(broker.close)


class _Broker:
    """The two clients that it takes."""

    def __init__(self, settings: RuntimeSettings) -> None:
        wait_ms = round(ANSWER_S * 1000)
        self._admin = AIOKafkaAdminClient(**connection(settings), client_id="resonance-lag", request_timeout_ms=wait_ms)
        self._consumer = AIOKafkaConsumer(**connection(settings), client_id="resonance-lag", request_timeout_ms=wait_ms)

    async def opened(self) -> Self:
        """Connects, or closes what was opened."""
        try:
            await self._admin.start()
            await self._consumer.start()
        except BaseException:
            await _quietly(self.close)
            raise
        return self

    async def close(self) -> None:
        """Disconnects."""
        try:
            await self._consumer.stop()
        finally:
            await self._admin.close()

    async def lags(self) -> tuple[GroupLag, ...]:
        """Lag of every group of a service."""
        partitions = await self._partitions()
        committed = dict(await asyncio.gather(*self._committed(await self._admin.list_consumer_groups(), partitions)))
        # Only of what a group has committed: of topics that nobody reads yet a broker may have nothing to say.
        read = {tp for offsets in committed.values() for tp, kept in offsets.items() if kept.offset >= 0}
        ends = await self._consumer.end_offsets(sorted(read)) if read else {}
        return tuple(
            lag
            for name, offsets in committed.items()
            for lag in lags_of(name, {tp: kept.offset for tp, kept in offsets.items()}, ends)
        )

    def _committed(
        self, groups: Iterable[tuple[str, ...]], partitions: Sequence[TopicPartition]
    ) -> Iterator[Awaitable[tuple[str, Mapping[TopicPartition, OffsetAndMetadata]]]]:
        """What each group of a service has committed; asked of all groups together, else a busy broker takes long."""
        for name, *_ in sorted(groups):
            # Asked by partition: not every broker answers about all of a group.
            if tps := [tp for tp in partitions if service_of(name) in BY_NAME[tp.topic].readers]:
                yield self._committed_by(name, tps)

    async def _committed_by(
        self, name: str, tps: list[TopicPartition]
    ) -> tuple[str, Mapping[TopicPartition, OffsetAndMetadata]]:
        return name, await self._admin.list_consumer_group_offsets(name, partitions=tps)

    async def _partitions(self) -> list[TopicPartition]:
        described = await self._admin.describe_topics(list(BY_NAME))
        return [TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]]


async def _quietly(close: Callable[[], Awaitable[None]]) -> None:
    """Closes what may be broken already."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await close()
    except (TimeoutError, KafkaError, OSError) as error:
        log.debug("not closed in order", extra={"reason": repr(error)})
