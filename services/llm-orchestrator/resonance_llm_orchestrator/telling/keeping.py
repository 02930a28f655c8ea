"""Stores what is known of incidents and notifications: what is told is known before it is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_contracts.topics import INCIDENTS_CHANGED, NOTIFICATIONS_SENT, Service
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome
from resonance_llm_orchestrator.notifying.desk import Desk
from resonance_llm_orchestrator.telling import records as made
from resonance_runtime import metrics
from resonance_runtime.errors import Conflict, Unavailable
from resonance_runtime.patience import persistently
from resonance_runtime.records import Outgoing
from resonance_runtime.runtime import Runtime

log = logging.getLogger(__name__)

GROUP: Final = f"{Service.LLM_ORCHESTRATOR}.notify"
TOGETHER: Final = 500


class Keeping:
    """Writes the records of whoever tells of incidents, for as long as that is this process.

    Args:
        runtime: Of the service.

    Attributes:
        require: Raises Conflict where another may have taken over; set once there is a loop.
    """

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._runtime = runtime
        self.require: Callable[[], None] = lambda: None

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Stores records.

        Raises:
            Unavailable: The broker does not answer, or another process tells of incidents now; so below.
        """
        if not records:
            return
        try:
            self.require()
        except Conflict as conflict:
            raise Unavailable(str(conflict)) from conflict
        await self._runtime.publisher.send_all(records)

    async def store(
        self, desk: Desk, changed: Mapping[str, incident_pb2.Incident], decided: Mapping[str, Decision]
    ) -> list[Decision]:
        """Stores incidents and then decisions; returns those that are to be sent now."""
        partitions = await self._runtime.publisher.partitions(INCIDENTS_CHANGED.name) if changed else 0
        incidents = list(changed.values())
        for start in range(0, len(incidents), TOGETHER):
            piece = incidents[start : start + TOGETHER]
            await self.send([one for incident in piece for one in made.of_incident(incident, partitions)])
            desk.stored({incident.alert_id: incident for incident in piece}, {})
        await self.send([made.of_notification(decision, None) for decision in decided.values()])
        # What is stored twice at the same time is sent once.
        fresh = [decision for place, decision in decided.items() if desk.decided.get(place) is decision]
        desk.stored({}, decided)
        return fresh

    async def ended(self, decision: Decision, outcome: Outcome) -> None:
        """Stores what became of a notification, however long it takes.

        What did not arrive goes to the dead letters, with the reason.
        """

        async def store() -> None:
            record = made.of_notification(decision, outcome)
            await self.send([record])
            if outcome.failure:
                await self._bury(record, outcome.failure)

        await persistently(store, self._runtime.health, "outcomes of notifications")

    async def _bury(self, record: Outgoing, reason: str) -> None:
        headers = [("ce_id", record.id.encode()), ("dlq_reason", reason.encode()), ("dlq_group", GROUP.encode())]
        topic = NOTIFICATIONS_SENT
        await self._runtime.publisher.send_raw(topic.dead_letters, record.key, record.encoded(), headers)
        metrics.DEAD_LETTERS.labels(topic=topic.name, group=GROUP).inc()
        log.warning("a notification did not arrive", extra={"notification": record.id, "reason": reason})
