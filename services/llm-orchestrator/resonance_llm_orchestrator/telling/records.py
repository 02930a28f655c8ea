"""The records of incidents, silences and notifications."""

from __future__ import annotations

from collections.abc import Iterator

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_contracts.topics import INCIDENTS_CHANGED, NOTIFICATIONS_SENT, SILENCES_CHANGED
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome, to_wire
from resonance_llm_orchestrator.notifying.silences import Silence
from resonance_llm_orchestrator.notifying.silences import to_wire as silence_to_wire
from resonance_runtime.records import Outgoing


def of_incident(incident: incident_pb2.Incident, partitions: int) -> Iterator[Outgoing]:
    """Records of an incident; of one that is forgotten, a last word and then nothing, wherever it may have been."""
    id_, key = f"{incident.alert_id}/{incident.version}", incident.alert_id.encode()
    if incident.state != incident_pb2.INCIDENT_STATE_FORGOTTEN:
        user = incident.enriched.alert.user_key
        yield Outgoing(INCIDENTS_CHANGED, incident, id_, incident.changed_us, user_key=user, key=key)
        return
    # Partitions may have been added since the incident came: its user's shard was another's then.
    for partition in range(partitions):
        yield Outgoing(INCIDENTS_CHANGED, incident, id_, incident.changed_us, key=key, partition=partition)
        yield Outgoing(INCIDENTS_CHANGED, None, f"{id_}/gone", incident.changed_us, key=key, partition=partition)


def of_notification(decision: Decision, outcome: Outcome | None) -> Outgoing:
    """Record of a notification on its way, or ended."""
    time_us = decision.decided_us if outcome is None else outcome.ended_us
    id_ = f"{decision.id}/{'pending' if outcome is None else 'ended'}"
    return Outgoing(NOTIFICATIONS_SENT, to_wire(decision, outcome), id_, time_us, key=decision.place.encode())


def without_notification(place: str, now_us: int) -> Outgoing:
    """Nothing is left of what was told of a group."""
    return Outgoing(NOTIFICATIONS_SENT, None, f"{place}/gone", now_us, key=place.encode())


def of_silence(silence: Silence) -> Outgoing:
    """Record of a silence."""
    id_ = f"{silence.id}/{silence.changed_us}"
    return Outgoing(SILENCES_CHANGED, silence_to_wire(silence), id_, silence.changed_us, key=silence.id.encode())


def without_silence(id_: str, now_us: int) -> Outgoing:
    """A silence is gone."""
    return Outgoing(SILENCES_CHANGED, None, f"{id_}/gone", now_us, key=id_.encode())
