"""What is told of incidents while the day goes on: on the topic of enriched alerts, and to an operator's screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from resonance_client.alerts.events import Alert, Enriched
from resonance_client.alerts.watch import Watcher
from resonance_contracts.pb.resonance.v1.alert_pb2 import EnrichedAlert
from resonance_contracts.topics import ALERTS_ENRICHED
from resonance_llm_orchestrator.drafts import EXPLAINED, FACTS, RESOLVED
from tests.gameday.planting import KIND

STAGES: Final[Mapping[int, str]] = {FACTS: "facts", EXPLAINED: "explained", RESOLVED: "resolved"}


@dataclass(slots=True)
class Told:
    """Follows the enriched alerts of planted incidents.

    Attributes:
        bootstrap: The broker.
        partitions: Of the topic.
        seen: When each stage was read here first, seconds since the epoch, by the key of the user and the stage.
    """

    bootstrap: str
    partitions: int
    seen: dict[tuple[str, int], float] = field(default_factory=dict)

    async def follow(self) -> None:
        """Reads until cancelled."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            consumer.assign([TopicPartition(ALERTS_ENRICHED.name, p) for p in range(self.partitions)])
            while True:
                try:
                    batches = await consumer.getmany(timeout_ms=100)
                except KafkaError:
                    await asyncio.sleep(0.1)
                    continue
                for records in batches.values():
                    for record in records:
                        self._see(EnrichedAlert.FromString(record.value))
        finally:
            await consumer.stop()

    def _see(self, enriched: EnrichedAlert) -> None:
        if enriched.alert.kind == KIND:
            self.seen.setdefault((enriched.alert.user_key, enriched.stage), time.time())


@dataclass(slots=True)
class Screen:
    """An operator who reads `/ws/alerts`.

    Attributes:
        gateway: Address of the gateway.
        token: Of an operator.
        opened: Ids of the incidents of which it was told that they are open.
        told: Ids of the incidents that it was told in words.
        sockets: How many sockets it took.
    """

    gateway: str
    token: str
    opened: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    sockets: int = 0

    async def follow(self) -> None:
        """Reads until cancelled."""
        watcher = Watcher(self.gateway, self.token)
        async for arrival in watcher.arrivals():
            self.sockets = watcher.sockets_opened
            event = arrival.event
            if isinstance(event, Alert) and event.state == "open":
                self.opened.add(event.alert_id)
            elif isinstance(event, Enriched):
                self.told.add(event.alert_id)
