"""Incidents as the predictor raises and resolves them, and as xai explains them: one of a user of its own each."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED, ALERTS_RESOLVED, EXPLANATIONS_PRODUCED
from resonance_llm_orchestrator.drafts import EXPLAINED, FACTS, RESOLVED, REVISIONS
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from tests.bench.writing.scene import explained

EXPLAINED_AFTER_S: Final = 0.2
RESOLVED_AFTER_S: Final = 2.0
FIRST: Final = 200
MOST: Final = 10_000
"""Number of the first incident of the first course, and how many one course may have. An incident's number is what it
measured, so that a question says whose it is."""
STAGES: Final = (int(FACTS), int(EXPLAINED), int(RESOLVED))


@dataclass(slots=True)
class Incidents:
    """Incidents at an even pace.

    Attributes:
        publisher: Stores their records.
        rate: How many a second.
        first: Number of the first.
        sent_s: When each record was sent, seconds since the epoch, by number and stage.
    """

    publisher: Publisher
    rate: float
    first: int
    sent_s: dict[tuple[int, int], float] = field(default_factory=dict)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def flow(self, stop: asyncio.Event) -> None:
        """Opens incidents until it is told to stop, and returns when the last is resolved."""
        began, number = time.monotonic(), 0
        while not stop.is_set():
            task = asyncio.create_task(self._one(self.first + number))
            self._under_way.add(task)
            number += 1
            await asyncio.sleep(max(0.0, began + number / self.rate - time.monotonic()))
        await asyncio.gather(*self._under_way)

    async def _one(self, number: int) -> None:
        now_us = time.time_ns() // 1000
        explanation = explained(number)
        explanation.anomaly.end_us = now_us
        alert = explanation.anomaly.opened[0]
        alert.opened_us = alert.last_seen_us = now_us
        alert.finding.observed = float(number)
        id_, user = alert.alert_id, alert.user_key
        await self._send(number, FACTS, Outgoing(ALERTS_RAISED, alert, id_, now_us, user_key=user))
        await asyncio.sleep(EXPLAINED_AFTER_S)
        of_vector = explanation.vector_id
        await self._send(
            number, EXPLAINED, Outgoing(EXPLANATIONS_PRODUCED, explanation, of_vector, now_us, user_key=user)
        )
        await asyncio.sleep(RESOLVED_AFTER_S)
        over = detection_pb2.Alert()
        over.CopyFrom(alert)
        over.state = detection_pb2.ALERT_STATE_RESOLVED
        over.resolved_us = now_us + 1_000_000
        await self._send(number, RESOLVED, Outgoing(ALERTS_RESOLVED, over, id_, over.resolved_us, user_key=user))

    async def _send(self, number: int, stage: int, record: Outgoing) -> None:
        self.sent_s[number, stage] = time.time()
        await self.publisher.send(record)


def id_of(number: int, stage: int) -> str:
    """Id of the enriched alert of an incident at a stage."""
    return f"alert-{number}/{REVISIONS[stage]}"


def number_of(id_: str) -> int:
    """The number in the id of an enriched alert."""
    return int(id_.partition("/")[0].removeprefix("alert-"))
