"""What a backup asks of Kafka: which topics and groups there are, where they stand, and records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from aiokafka import TopicPartition

from resonance_contracts.topics import (
    ACTIVITY_OBSERVED,
    ACTIVITY_SUBMITTED,
    FEEDBACK_GIVEN,
    TOPICS,
    USERS_ERASED,
)
from resonance_runtime.backup.chunks import CHUNK_BYTES, Entry
from resonance_runtime.cluster import Cluster

PREFIX: Final = "resonance."
POLL_MS: Final = 500
MOST_RECORDS: Final = 5_000

BEGINNINGS: Final = (ACTIVITY_OBSERVED.name, ACTIVITY_SUBMITTED.name, FEEDBACK_GIVEN.name, USERS_ERASED.name)
"""Topics that people and programs outside have the first say on, the last of all causes last."""

Ask = Callable[[Sequence[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]]


class Source(Cluster):
    """A cluster that a backup is made of; a context manager."""

    async def names(self) -> list[str]:
        """Topics of ours that are there, what follows before what it follows from."""
        found = [name for name in await self._ask(self._admin.list_topics) if name.startswith(PREFIX)]
        catalogue = [topic.name for topic in TOPICS]

        def rank(name: str) -> tuple[bool, int, str]:
            if name in BEGINNINGS:
                return True, BEGINNINGS.index(name), name
            return False, -catalogue.index(name) if name in catalogue else -len(catalogue), name

        return sorted(found, key=rank)

    async def ends(self, topics: Sequence[str]) -> dict[str, list[int]]:
        """Offset after the last record of each partition, asked for topic after topic."""
        counts = await self.partitions(topics)
        return {topic: await self._offsets(topic, counts[topic], self._consumer.end_offsets) for topic in topics}

    async def begins(self, topics: Sequence[str]) -> dict[str, list[int]]:
        """Offset of the first record that is still there of each partition."""
        counts = await self.partitions(topics)
        places = [TopicPartition(topic, number) for topic in topics for number in range(counts[topic])]
        found = await self._ask(lambda: self._consumer.beginning_offsets(places))
        return {topic: [found[TopicPartition(topic, n)] for n in range(counts[topic])] for topic in topics}

    async def committed(self, topics: Sequence[str]) -> dict[str, dict[str, list[int]]]:
        """Next offset of each partition, by group and topic, -1 for none; groups without any are left out."""
        counts, found = await self.partitions(topics), dict[str, dict[str, list[int]]]()
        for group, *_ in await self._ask(self._admin.list_consumer_groups):
            kept = await self._ask(partial(self._admin.list_consumer_group_offsets, group))
            for place, meta in kept.items():
                if place.topic in counts and meta.offset >= 0 and place.partition < counts[place.topic]:
                    none = [-1] * counts[place.topic]
                    found.setdefault(group, {}).setdefault(place.topic, none)[place.partition] = meta.offset
        return found

    async def records(self, topic: str, partition: int, first: int, end: int) -> AsyncIterator[list[Entry]]:
        """Records of a partition from `first` to before `end`, about `CHUNK_BYTES` at a time.

        What is removed by retention or compaction meanwhile is not among them.
        """
        place = TopicPartition(topic, partition)
        self._consumer.assign([place])
        self._consumer.seek(place, first)
        held, size, at = list[Entry](), 0, first
        while at < end:
            batches = await self._ask(lambda: self._consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_RECORDS))
            raws = batches.get(place, ())
            for raw in raws:
                at = raw.offset + 1
                if raw.offset < end:
                    held.append(Entry(raw.offset, raw.timestamp, raw.key, raw.value, tuple(raw.headers)))
                    size += held[-1].size
            if not raws and (await self._offsets(topic, partition + 1, self._consumer.beginning_offsets))[-1] >= end:
                break
            if held and (size >= CHUNK_BYTES or at >= end):
                yield held
                held, size = [], 0
        if held:
            yield held

    async def _offsets(self, topic: str, count: int, ask: Ask) -> list[int]:
        places = [TopicPartition(topic, number) for number in range(count)]
        found = await self._ask(lambda: ask(places))
        return [found[place] for place in places]
