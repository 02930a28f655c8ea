"""What is stored of notifications, incidents and actions, for whoever begins to tell of incidents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from resonance_contracts.pb.resonance.v1 import action_pb2, incident_pb2
from resonance_contracts.topics import ACTIONS_CHANGED, INCIDENTS_CHANGED, NOTIFICATIONS_SENT, Topic
from resonance_llm_orchestrator.telling.stored import stored
from resonance_runtime.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Past:
    """What is stored.

    Attributes:
        told: The newest notification of each group and way, by the key of its record.
        incidents: Those that are not forgotten.
        actions: The newest state of each.
    """

    told: dict[bytes | None, incident_pb2.NotificationSent]
    incidents: list[incident_pb2.Incident]
    actions: list[action_pb2.Action]


async def past_of(runtime: Runtime[Any]) -> Past:
    """Reads all of it.

    Raises:
        Unavailable: The broker does not answer.
    """
    told = await newest_of(runtime, NOTIFICATIONS_SENT)
    # A key may be in two partitions: some were added since.
    incidents: dict[str, incident_pb2.Incident] = {}
    async for _, record in stored(runtime, INCIDENTS_CHANGED):
        if record is None:
            continue
        incident: incident_pb2.Incident = record.value
        before = incidents.get(incident.alert_id)
        if before is None or before.version < incident.version:
            incidents[incident.alert_id] = incident
    actions: Iterable[action_pb2.Action] = (await newest_of(runtime, ACTIONS_CHANGED)).values()
    forgotten = incident_pb2.INCIDENT_STATE_FORGOTTEN
    return Past(told, [one for one in incidents.values() if one.state != forgotten], list(actions))


async def newest_of(runtime: Runtime[Any], topic: Topic) -> dict[bytes | None, Any]:
    """The newest message of each key of a compacted topic, the key that changed last at the end."""
    newest: dict[bytes | None, Any] = {}
    async for key, record in stored(runtime, topic):
        newest.pop(key, None)
        if record is not None:
            newest[key] = record.value
    return newest
