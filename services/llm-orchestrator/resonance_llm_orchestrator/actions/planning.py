"""From an incident to the actions that policy proposes, in order; a function of incident, policy and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_llm_orchestrator.actions.action import POLICY, Subject, Words, action_id_of
from resonance_llm_orchestrator.actions.incident import LIVE, hindrances
from resonance_llm_orchestrator.actions.kinds import KINDS, Kind, Touches
from resonance_llm_orchestrator.actions.policy import Policy
from resonance_llm_orchestrator.actions.steps import SECOND_US
from resonance_llm_orchestrator.drafts import FACTS, Draft
from resonance_llm_orchestrator.facts import facts_of
from resonance_llm_orchestrator.roles import role_for
from resonance_narration import Language, Severity, tell_action


@dataclass(frozen=True, slots=True)
class Wish:
    """An action that somebody proposes.

    Attributes:
        kind: Of the catalogue.
        parameters: Checked.
        order: Place in the plan.
        automatic: Whether it may run without a person.
        dry_run: Whether it is only to be said what would be done.
        by, why: Who proposes it, and their words.
    """

    kind: Kind
    parameters: Mapping[str, float]
    order: int
    automatic: bool = False
    dry_run: bool = False
    by: str = POLICY
    why: str = ""


def planned(alert: detection_pb2.Alert, policy: Policy, active: int, now_us: int) -> list[Subject]:
    """What policy proposes for an incident; nothing for replays, and nothing whose preconditions do not hold."""
    if alert.stream != LIVE:
        return []
    steps = policy.steps(alert.kind, alert.severity, role_for(alert.kind))
    able = [step for step in steps if not hindrances(KINDS[step.action], alert)]
    return [
        subject_of(
            alert,
            Wish(KINDS[step.action], KINDS[step.action].checked(step.parameters), order, step.automatic),
            policy,
            active,
            now_us,
        )
        for order, step in enumerate(able, start=1)
    ]


def subject_of(alert: detection_pb2.Alert, wish: Wish, policy: Policy, active: int, now_us: int) -> Subject:
    """The action of a wish."""
    kind, terms = wish.kind, policy.terms(wish.kind.name)
    return Subject(
        action_id=action_id_of(alert.alert_id, kind.name, wish.parameters),
        alert_id=alert.alert_id,
        user_key=alert.user_key,
        incident_kind=alert.kind,
        severity=Severity(alert.severity),
        opened_us=alert.opened_us,
        kind=kind.name,
        parameters=wish.parameters,
        order=wish.order,
        automatic=wish.automatic,
        quota=policy.quota(kind.name),
        dry_run=wish.dry_run or terms.dry_run or terms.executor is None,
        executor=terms.executor or "",
        users_touched={Touches.NOBODY: 0, Touches.USER: 1, Touches.EVERYBODY: active}[kind.touches],
        users_active=active,
        words=words_of(alert, kind.name, wish.parameters),
        proposed_us=now_us,
        expires_us=now_us + policy.expires_s * SECOND_US,
        proposed_by=wish.by,
        proposed_why=wish.why,
    )


def words_of(alert: detection_pb2.Alert, kind: str, parameters: Mapping[str, float]) -> tuple[Words, ...]:
    """The action in every language."""
    facts, role = facts_of(Draft(FACTS, alert)), role_for(alert.kind)
    told = {language: tell_action(kind, parameters, facts, language, role=role) for language in Language}
    return tuple(Words(language, w.title, w.reason, w.consequences) for language, w in told.items())
