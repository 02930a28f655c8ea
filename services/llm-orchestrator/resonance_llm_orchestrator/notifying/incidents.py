"""The life of an incident, put together from what is said of it; the same again changes nothing."""

from __future__ import annotations

from typing import Final

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, incident_pb2, operations_pb2
from resonance_llm_orchestrator.notifying.dispatcher import Hold
from resonance_llm_orchestrator.notifying.groups import Member
from resonance_llm_orchestrator.notifying.labels import labels_of
from resonance_llm_orchestrator.notifying.reasons import Reason

MOST_TOLD: Final = 32
MOST_VERDICTS: Final = 16
_OPEN: Final = incident_pb2.INCIDENT_STATE_OPEN
_RESOLVED: Final = incident_pb2.INCIDENT_STATE_RESOLVED
FORGOTTEN: Final = incident_pb2.INCIDENT_STATE_FORGOTTEN

Incident = incident_pb2.Incident


def with_words(known: Incident | None, enriched: alert_pb2.EnrichedAlert, now_us: int) -> Incident | None:
    """An incident with an enriched alert; None where that says nothing new.

    Words of an earlier stage than those that are known are old; one that is over stays so.
    """
    if known is not None and known.state == FORGOTTEN:
        return None
    if known is not None and not _is_newer(enriched, known.enriched):
        return None
    over = enriched.alert.state == detection_pb2.ALERT_STATE_RESOLVED
    changed = _next(known, enriched.alert_id, now_us)
    changed.state = _RESOLVED if over or changed.state == _RESOLVED else _OPEN
    changed.severity = max(changed.severity, enriched.alert.severity)
    changed.enriched.CopyFrom(enriched)
    return changed


def with_verdict(known: Incident | None, given: operations_pb2.FeedbackGiven, now_us: int) -> Incident | None:
    """An incident with a verdict; None where it is known, or a newer one is.

    A verdict on an incident that is not known here brings what was known of it where it was given.
    """
    if known is not None and (known.state == FORGOTTEN or any(v.given_us >= given.given_us for v in known.verdicts)):
        return None
    changed = _next(known, given.alert_id, now_us)
    if known is None:
        over = given.alert.state == detection_pb2.ALERT_STATE_RESOLVED
        changed.state = _RESOLVED if over else _OPEN
        changed.severity = given.alert.severity
        changed.enriched.alert_id = given.alert_id
        changed.enriched.alert.CopyFrom(given.alert)
    verdict = operations_pb2.FeedbackGiven()
    verdict.CopyFrom(given)
    verdict.ClearField("alert")
    kept = [*changed.verdicts, verdict][-MOST_VERDICTS:]
    del changed.verdicts[:]
    changed.verdicts.extend(kept)
    return changed


def with_hold(known: Incident, hold: Hold, now_us: int) -> Incident | None:
    """An incident with the reasons why nobody is told of it; None where they are the same."""
    if (tuple(known.silenced_by), tuple(known.inhibited_by)) == (hold.silenced_by, hold.inhibited_by):
        return None
    changed = _next(known, known.alert_id, now_us)
    del changed.silenced_by[:]
    del changed.inhibited_by[:]
    changed.silenced_by.extend(hold.silenced_by)
    changed.inhibited_by.extend(hold.inhibited_by)
    return changed


def with_told(known: Incident, id_: str, receiver: str, reason: Reason, sent_us: int) -> Incident | None:
    """An incident of which somebody was told; None where that is known."""
    if any(told.notification_id == id_ for told in known.told):
        return None
    changed = _next(known, known.alert_id, sent_us)
    told = incident_pb2.ToldOf(notification_id=id_, receiver=receiver, reason=reason, sent_us=sent_us)
    kept = [*changed.told, told][-MOST_TOLD:]
    del changed.told[:]
    changed.told.extend(kept)
    return changed


def forgotten(known: Incident, now_us: int) -> Incident:
    """What is left of an incident that is to be forgotten."""
    return Incident(alert_id=known.alert_id, version=known.version + 1, state=FORGOTTEN, changed_us=now_us)


def member_of(incident: Incident) -> Member:
    """An incident as groups see it."""
    return Member(
        incident.alert_id,
        labels_of(incident),
        incident.severity,
        incident.state == _OPEN,
        incident.noted_us,
        incident.version,
    )


def _is_newer(enriched: alert_pb2.EnrichedAlert, known: alert_pb2.EnrichedAlert) -> bool:
    if enriched.revision != known.revision:
        return enriched.revision > known.revision
    return enriched.alert.revision > known.alert.revision


def _next(known: Incident | None, alert_id: str, now_us: int) -> Incident:
    changed = Incident(alert_id=alert_id, noted_us=now_us)
    if known is not None:
        changed.CopyFrom(known)
    changed.version += 1
    changed.changed_us = now_us
    return changed
