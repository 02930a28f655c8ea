"""Reads everything that is on the topics now, so that a test can look at all of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from resonance_contracts.topics import Topic

GARBAGE: Final = "garbage-"
"""Ids of records that tests of bad input wrote begin so."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One record as it lies on a topic; `stamp_ms` is its time, milliseconds since the epoch."""

    topic: Topic
    partition: int
    key: bytes | None
    value: bytes
    headers: Mapping[str, str]
    stamp_ms: int

    @property
    def id(self) -> str:
        """CloudEvents id."""
        return self.headers["ce_id"]

    @property
    def message(self) -> Any:
        """The parsed value."""
        return self.topic.message.FromString(self.value)


async def scan(bootstrap: str, topics: Iterable[Topic]) -> dict[str, list[Seen]]:
    """All records of some topics, from the beginning to the end as of now, by topic name."""
    by_name = {t.name: t for t in topics}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=10)
    await consumer.start()
    try:
        tps = await _places(bootstrap, by_name)
        consumer.assign(tps)
        begins, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        for tp in tps:
            consumer.seek(tp, begins[tp])
        waiting = {tp for tp in tps if ends[tp] > begins[tp]}
        found: dict[str, list[Seen]] = {name: [] for name in by_name}
        while waiting:
            for tp, records in (await consumer.getmany(*waiting, timeout_ms=500)).items():
                for r in records:
                    headers = {k: v.decode() for k, v in r.headers}
                    found[tp.topic].append(Seen(by_name[tp.topic], r.partition, r.key, r.value, headers, r.timestamp))
                if records and records[-1].offset + 1 >= ends[tp]:
                    waiting.discard(tp)
        return found
    finally:
        await consumer.stop()


async def left(bootstrap: str, group: str, topic: Topic) -> int:
    """How many records of a topic a group has not committed yet."""
    places = await _places(bootstrap, [topic.name])
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        done = [await consumer.committed(place) or 0 for place in places]
        return sum(ends[place] for place in places) - sum(done)
    finally:
        await consumer.stop()


async def _places(bootstrap: str, names: Iterable[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(list(names))
    finally:
        await admin.close()
    return [TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]]


async def scan_ours(bootstrap: str, topics: Iterable[Topic]) -> dict[str, list[Seen]]:
    """The same without what tests of bad input wrote."""
    found = await scan(bootstrap, topics)
    return {
        name: [r for r in records if not r.headers.get("ce_id", "").startswith(GARBAGE)]
        for name, records in found.items()
    }


def different_repeats(records: Iterable[Seen]) -> list[str]:
    """Ids that stand on one topic with more than one content."""
    contents: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    for record in records:
        contents[record.topic.name, record.id].add(record.value)
    return [f"{topic} {id_}" for (topic, id_), values in contents.items() if len(values) > 1]
