"""Actions as they travel: messages of `actions.audited` and `actions.changed`."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1 import action_pb2, detection_pb2
from resonance_contracts.topics import ACTIONS_AUDITED, ACTIONS_CHANGED
from resonance_llm_orchestrator.actions.action import Action, State, Subject, Words
from resonance_llm_orchestrator.actions.kinds import KINDS
from resonance_llm_orchestrator.actions.quotas import Quota
from resonance_narration import Severity
from resonance_runtime.errors import Reject
from resonance_runtime.records import Outgoing


def message_of(action: Action) -> action_pb2.Action:
    """The message of an action."""
    subject = action.subject
    return action_pb2.Action(
        action_id=subject.action_id,
        revision=action.revision,
        state=action_pb2.ActionState.Name(int(action.state)),
        alert_id=subject.alert_id,
        user_key=subject.user_key,
        kind=subject.kind,
        parameters=subject.parameters,
        order=subject.order,
        automatic=subject.automatic,
        automatic_per_hour=subject.quota.per_hour,
        automatic_share=subject.quota.share,
        dry_run=subject.dry_run,
        executor=subject.executor,
        incident_kind=subject.incident_kind,
        severity=detection_pb2.Severity.Name(int(subject.severity)),
        users_touched=subject.users_touched,
        users_active=subject.users_active,
        texts=[
            action_pb2.ActionText(language=w.language, title=w.title, reason=w.reason, consequences=w.consequences)
            for w in subject.words
        ],
        proposed_us=subject.proposed_us,
        expires_us=subject.expires_us,
        proposed_by=subject.proposed_by,
        proposed_why=subject.proposed_why,
        opened_us=subject.opened_us,
        decided_by=action.decided_by,
        decided_why=action.decided_why,
        decided_us=action.decided_us,
        attempts=action.attempts,
        runner=action.runner,
        lease_until_us=action.lease_until_us,
        outcome=action.outcome,
        memo=action.memo,
        effect_until_us=action.effect_until_us,
        changed_us=action.changed_us,
        step_id=action.step_id,
    )


def action_of(message: action_pb2.Action) -> Action:
    """The action of a message.

    Raises:
        Reject: It is no action of the catalogue.
    """
    if message.kind not in KINDS or not message.action_id or not message.revision:
        raise Reject(
            f"the action {message.action_id[:64]!r} is of kind {message.kind[:64]!r}; the catalogue has no such"
        )
    try:
        state, severity = State(message.state), Severity(message.severity)
        parameters = KINDS[message.kind].checked(message.parameters)
    except ValueError as error:
        raise Reject(f"the action {message.action_id[:64]!r} is none of ours: {error}") from None
    subject = Subject(
        action_id=message.action_id,
        alert_id=message.alert_id,
        user_key=message.user_key,
        incident_kind=message.incident_kind,
        severity=severity,
        opened_us=message.opened_us,
        kind=message.kind,
        parameters=parameters,
        order=message.order,
        automatic=message.automatic,
        quota=Quota(message.automatic_per_hour, message.automatic_share),
        dry_run=message.dry_run,
        executor=message.executor,
        users_touched=message.users_touched,
        users_active=message.users_active,
        words=tuple(Words(t.language, t.title, t.reason, t.consequences) for t in message.texts),
        proposed_us=message.proposed_us,
        expires_us=message.expires_us,
        proposed_by=message.proposed_by,
        proposed_why=message.proposed_why,
    )
    return Action(
        subject,
        state,
        message.revision,
        message.changed_us,
        message.decided_by,
        message.decided_why,
        message.decided_us,
        message.attempts,
        message.runner,
        message.lease_until_us,
        message.outcome,
        dict(message.memo),
        message.effect_until_us,
        message.step_id,
    )


def audit_record(before: Action | None, after: Action) -> Outgoing:
    """The record of a step."""
    previous = 0 if before is None else int(before.state)
    audited = action_pb2.ActionAudited(previous=action_pb2.ActionState.Name(previous), action=message_of(after))
    id_ = f"{after.id}/{after.revision}/{after.step_id}"
    return Outgoing(ACTIONS_AUDITED, audited, id_, after.changed_us, key=after.id.encode())


def state_record(action: Action) -> Outgoing:
    """The record of an action as it is now."""
    id_ = f"{action.id}/{action.revision}"
    return Outgoing(ACTIONS_CHANGED, message_of(action), id_, action.changed_us, key=action.id.encode())


def gone_record(action_id: str, now_us: int) -> Outgoing:
    """The record that an action is kept no longer."""
    return Outgoing(ACTIONS_CHANGED, None, f"{action_id}/gone", now_us, key=action_id.encode())
