"""The life of an incident, put together from what is said of it; the same again changes nothing."""

from __future__ import annotations

from typing import Final

from resonance_contracts.pb.resonance.v1 import action_pb2, alert_pb2, detection_pb2, incident_pb2, operations_pb2
from resonance_contracts.tellings import order_of_words
from resonance_llm_orchestrator.notifying.awaited import forget_operator
from resonance_llm_orchestrator.notifying.due import Hold
from resonance_llm_orchestrator.notifying.groups import Member
from resonance_llm_orchestrator.notifying.labels import labels_of
from resonance_llm_orchestrator.notifying.reasons import Reason
from resonance_tasks.incidents import Said

MOST_TOLD: Final = 32
MOST_VERDICTS: Final = 16
MOST_ACTIONS: Final = 16
_OPEN: Final = incident_pb2.INCIDENT_STATE_OPEN
_RESOLVED: Final = incident_pb2.INCIDENT_STATE_RESOLVED
_AT_WORK: Final = frozenset(
    {
        action_pb2.ACTION_STATE_PROPOSED,
        action_pb2.ACTION_STATE_APPROVED,
        action_pb2.ACTION_STATE_RUNNING,
        action_pb2.ACTION_STATE_UNDOING,
    }
)
FORGOTTEN: Final = incident_pb2.INCIDENT_STATE_FORGOTTEN

Incident = incident_pb2.Incident


def with_words(known: Incident | None, enriched: alert_pb2.EnrichedAlert, now_us: int) -> Incident | None:
    """An incident with an enriched alert; None where that says nothing new.

    Words of an earlier stage than those that are known are old; one that is over stays so.
    """
    if known is not None and known.state == FORGOTTEN:
        return None
    if known is not None and order_of_words(enriched) <= order_of_words(known.enriched):
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


def with_action(known: Incident, action: action_pb2.Action, now_us: int) -> Incident | None:
    """An incident with the newest state of an action about it; None where that is known.

    Of more than there is room for, those go first in which nothing is to happen any more, the oldest first.
    """
    mine = next((one for one in known.actions if one.action_id == action.action_id), None)
    if known.state == FORGOTTEN or (mine is not None and mine.revision >= action.revision):
        return None
    shown = action_pb2.Action()
    shown.CopyFrom(action)
    for name in ("memo", "runner", "lease_until_us", "step_id"):
        shown.ClearField(name)
    kept = [*(one for one in known.actions if one.action_id != action.action_id), shown]
    kept = sorted(kept, key=lambda one: (one.state in _AT_WORK, one.changed_us, one.action_id))[-MOST_ACTIONS:]
    if shown not in kept:
        return None
    changed = _next(known, known.alert_id, now_us)
    del changed.actions[:]
    changed.actions.extend(sorted(kept, key=lambda one: (one.order, one.proposed_us, one.action_id)))
    return changed


def without_operator(known: Incident, operator_key: str, now_us: int) -> Incident | None:
    """An incident that does not say what an operator decided or said was theirs; None where it does not already."""
    decided = {who for action in known.actions for who in (action.proposed_by, action.decided_by)}
    if operator_key not in decided | {given.operator_key for given in known.verdicts}:
        return None
    changed = _next(known, known.alert_id, now_us)
    for action in changed.actions:
        forget_operator(action, operator_key)
    for given in changed.verdicts:
        given.operator_key = "" if given.operator_key == operator_key else given.operator_key
    return changed


def action_state(action: action_pb2.Action) -> str:
    """ "proposed" to "undone"."""
    return action_pb2.ActionState.Name(action.state).removeprefix("ACTION_STATE_").lower()


def said(given: operations_pb2.FeedbackGiven) -> Said:
    """A verdict in a word."""
    return "withdrawn" if given.withdrawn else "true" if given.true_alarm else "false"


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


def _next(known: Incident | None, alert_id: str, now_us: int) -> Incident:
    changed = Incident(alert_id=alert_id, noted_us=now_us)
    if known is not None:
        changed.CopyFrom(known)
    changed.version += 1
    changed.changed_us = now_us
    return changed
