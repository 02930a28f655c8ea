"""What came onto topics between two moments."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from resonance_contracts.topics import ACTIVITY_OBSERVED, ALERTS_RAISED, ANOMALIES_DETECTED, BY_NAME, FEATURES_COMPUTED
from tests.support.topic_scan import Seen

# Of a record, beside key, value and headers: lengths, offset and time, and the head of a batch, of one record mostly.
OVERHEAD: Final = 70
_COUNTED: Final = {
    FEATURES_COMPUTED.name: "vectors",
    ACTIVITY_OBSERVED.name: "events",
    ANOMALIES_DETECTED.name: "anomalies",
    ALERTS_RAISED.name: "alerts",
}


@dataclass(slots=True)
class Came:
    """What came.

    Attributes:
        drivers: Events, vectors, anomalies, alerts, and records of each topic.
        stored, packed: Bytes of each topic, as they are and with each value packed by gzip.
    """

    drivers: Counter[str] = field(default_factory=Counter)
    stored: Counter[str] = field(default_factory=Counter)
    packed: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Reader:
    """Reads what is new on the catalogue's topics, each time it is asked.

    Attributes:
        bootstrap: Address of the broker.
    """

    bootstrap: str
    _next: dict[TopicPartition, int] = field(default_factory=dict)

    async def news(self) -> list[Seen]:
        """Records that came since it was asked before."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, fetch_max_wait_ms=10, max_partition_fetch_bytes=8 << 20
        )
        await consumer.start()
        found: list[Seen] = []
        try:
            places = await _places(self.bootstrap)
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            for place in places:
                consumer.seek(place, self._next.get(place, 0))
            waiting = {place for place in places if ends[place] > self._next.get(place, 0)}
            while waiting:
                for place, records in (await consumer.getmany(*waiting, timeout_ms=500)).items():
                    found += (_seen(one) for one in records if one.offset < ends[place])
                    if records and records[-1].offset + 1 >= ends[place]:
                        waiting.discard(place)
            self._next = ends
        finally:
            await consumer.stop()
        return found


def _seen(one: Any) -> Seen:
    headers = {name: value.decode() for name, value in one.headers}
    return Seen(BY_NAME[one.topic], one.partition, one.key, one.value or b"", headers, one.timestamp)


async def _places(bootstrap: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics(list(BY_NAME))
    finally:
        await admin.close()
    return [TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]]


def between(records: Iterable[Seen], began_s: float, ended_s: float) -> Came:
    """What came in this time, seconds since the epoch."""
    came = Came()
    for one in records:
        if not began_s <= one.stamp_ms / 1000 < ended_s:
            continue
        name = one.topic.name
        came.drivers[f"records/{name}"] += 1
        if name in _COUNTED:
            came.drivers[_COUNTED[name]] += _entries(one)
        beside = OVERHEAD + len(one.key or b"") + sum(len(k) + len(v) for k, v in one.headers.items())
        came.stored[name] += beside + len(one.value or b"")
        came.packed[name] += beside + len(gzip.compress(one.value or b"", 6))
    return came


def _entries(one: Seen) -> int:
    message = one.message
    if one.topic is ACTIVITY_OBSERVED:
        return len(message.user)
    return len(message.vector_id) if one.topic is FEATURES_COMPUTED else 1
