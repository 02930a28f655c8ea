"""Incidents as they are shown."""

from __future__ import annotations

from typing import Final

from resonance_contracts.pb.resonance.v1 import action_pb2, incident_pb2, operations_pb2
from resonance_llm_orchestrator.notifying.incidents import action_state, said
from resonance_llm_orchestrator.notifying.labels import severity_name
from resonance_llm_orchestrator.tasks.incident_words import stage_of, written_of
from resonance_tasks.actions import ActionState
from resonance_tasks.incidents import ActionAbout, ActionWords, IncidentView, Phase, Told, Verdict, Words
from resonance_tasks.task import Grade

_STATES: Final = {incident_pb2.INCIDENT_STATE_OPEN: Phase.OPEN, incident_pb2.INCIDENT_STATE_RESOLVED: Phase.RESOLVED}


def view_of(incident: incident_pb2.Incident) -> IncidentView:
    """An incident as it is shown."""
    enriched, alert = incident.enriched, incident.enriched.alert
    return IncidentView(
        alert_id=incident.alert_id,
        state=_STATES[incident.state],
        severity=Grade(severity_name(incident.severity)),
        kind=alert.kind,
        stream=alert.stream,
        user_key=alert.user_key,
        recipient_role=enriched.recipient_role,
        vectors=alert.vectors,
        opened_us=alert.opened_us,
        last_seen_us=alert.last_seen_us,
        resolved_us=alert.resolved_us,
        noted_us=incident.noted_us,
        changed_us=incident.changed_us,
        texts=[
            Words(language=t.language, title=t.title, summary=t.summary, recommendations=list(t.recommendations))
            for t in enriched.texts
        ],
        stage=stage_of(enriched),
        written=written_of(enriched),
        told=[
            Told(notification_id=t.notification_id, receiver=t.receiver, reason=t.reason, sent_us=t.sent_us)
            for t in incident.told
        ],
        verdicts=[_verdict(given) for given in incident.verdicts],
        actions=[_action(action) for action in incident.actions],
        silenced_by=list(incident.silenced_by),
        inhibited_by=list(incident.inhibited_by),
    )


def _verdict(given: operations_pb2.FeedbackGiven) -> Verdict:
    return Verdict(
        verdict=said(given),
        right_kind=given.right_kind,
        comment=given.comment,
        given_us=given.given_us,
        operator_key=given.operator_key,
    )


def _action(action: action_pb2.Action) -> ActionAbout:
    return ActionAbout(
        action_id=action.action_id,
        kind=action.kind,
        state=ActionState(action_state(action)),
        parameters=dict(action.parameters),
        order=action.order,
        automatic=action.automatic,
        dry_run=action.dry_run,
        texts=[
            ActionWords(language=t.language, title=t.title, reason=t.reason, consequences=t.consequences)
            for t in action.texts
        ],
        proposed_us=action.proposed_us,
        proposed_by=action.proposed_by,
        expires_us=action.expires_us,
        decided_us=action.decided_us,
        decided_by=action.decided_by,
        decided_why=action.decided_why,
        outcome=action.outcome,
        effect_until_us=action.effect_until_us,
        changed_us=action.changed_us,
    )
