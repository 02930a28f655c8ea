"""What stands on the topic of enriched alerts, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from resonance_contracts.pb.resonance.v1.alert_pb2 import EnrichedAlert
from resonance_contracts.topics import ALERTS_ENRICHED, EXPLANATIONS_PRODUCED
from tests.support.topic_scan import scan


@dataclass(frozen=True, slots=True)
class Told:
    """One record of an enriched alert.

    Attributes:
        at_s: When the broker stored it, seconds since the epoch.
        value: Its bytes.
    """

    at_s: float
    value: bytes

    @property
    def alert(self) -> EnrichedAlert:
        """What it says."""
        return EnrichedAlert.FromString(self.value)


async def read(bootstrap: str) -> Mapping[str, list[Told]]:
    """Everything that is there now, in order, by id."""
    told: dict[str, list[Told]] = {}
    for one in (await scan(bootstrap, [ALERTS_ENRICHED]))[ALERTS_ENRICHED.name]:
        told.setdefault(one.id, []).append(Told(one.stamp_ms / 1e3, one.value))
    return told


async def begin_again(bootstrap: str, group: str) -> None:
    """Lets a group without members read all explanations once more."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        found = await consumer._client.fetch_all_metadata()
        partitions = found.partitions_for_topic(EXPLANATIONS_PRODUCED.name) or set()
        places = [TopicPartition(EXPLANATIONS_PRODUCED.name, number) for number in partitions]
        consumer.assign(places)
        await consumer.commit({place: 0 for place in places})
    finally:
        await consumer.stop()
