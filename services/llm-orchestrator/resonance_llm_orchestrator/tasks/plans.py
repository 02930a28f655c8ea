"""The task `incident_plan`: what is to be done about an incident, by whom and in which order.

Steps are those that code knows for each role and kind of incident; no text adds one.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import Final

from resonance_contracts.features import BY_NAME
from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_llm_orchestrator.brief import Writer
from resonance_llm_orchestrator.drafts import FACTS
from resonance_llm_orchestrator.drafts import Draft as AlertDraft
from resonance_llm_orchestrator.facts import OWN_KINDS, facts_of
from resonance_llm_orchestrator.roles import role_for
from resonance_llm_orchestrator.tasks.contributions import features_of, known, told
from resonance_llm_orchestrator.tasks.incidents import FindsIncidents
from resonance_llm_orchestrator.tasks.untrusted import name_of
from resonance_llm_orchestrator.tasks.wording import Draft, worded
from resonance_narration import (
    AlertFacts,
    Detector,
    FindingFact,
    Language,
    Role,
    Severity,
    tell_aftercare,
    tell_note,
    tell_plan,
    tell_steps,
)
from resonance_runtime.errors import Problem
from resonance_tasks.incident_plan import INCIDENT_PLAN, IncidentData, IncidentPlan, Phase, PlanIncident, PlanStep
from resonance_tasks.task import Grade

GRAVE: Final = frozenset({Severity.HIGH, Severity.CRITICAL})
UNNAMED: Final = "unnamed"


def facts_of_incident(incident: IncidentData) -> AlertFacts:
    """Facts of an incident that somebody brings."""
    features = tuple(
        fact for fact in features_of(incident.features, {}, incident.usual, {}) if fact.name in BY_NAME
    )  # fmt: skip
    kind, severity = name_of(incident.kind) or UNNAMED, Severity[incident.severity.name]
    rule = incident.threshold is not None or (kind in OWN_KINDS and not kind.startswith("unusual_"))
    observed = features[0].value if features and rule else nan
    finding = FindingFact(
        Detector.RULE if rule else Detector.MODEL,
        kind,
        severity,
        tuple(fact.name for fact in features[:1]),
        observed,
        nan if incident.threshold is None else incident.threshold,
    )
    return AlertFacts(finding, False, incident.observations, incident.duration_seconds, False, features)


def facts_of_alert(alert: detection_pb2.Alert) -> AlertFacts:
    """Facts of an incident of ours."""
    return facts_of(AlertDraft(FACTS, alert))


def steps_of(facts: AlertFacts, language: Language) -> list[PlanStep]:
    """Steps of everybody. What is grave is contained first; else its cause is looked for before anything is touched."""
    return [
        PlanStep(order=order, phase=phase, role=role, instruction=instruction)
        for order, (phase, role, instruction) in enumerate(_steps(facts, language), start=1)
    ]


def _steps(facts: AlertFacts, language: Language) -> Iterator[tuple[Phase, Role, str]]:
    finding, features = facts.finding, facts.evidence
    leads = role_for(finding.kind)
    other = Role.DEVOPS if leads is Role.SECURITY else Role.SECURITY

    def of(phase: Phase, role: Role, most: int) -> Iterator[tuple[Phase, Role, str]]:
        for step in tell_steps(finding, features, language, role)[:most]:
            yield phase, role, step

    if not facts.resolved:
        contain = list(of(Phase.CONTAIN, leads, 2))
        diagnose = [*of(Phase.DIAGNOSE, Role.DEVELOPER, 2), *of(Phase.DIAGNOSE, other, 1)]
        inform = list(of(Phase.INFORM, Role.SUPPORT, 1))
        if finding.severity in GRAVE:
            yield from [*contain, *inform, *of(Phase.INFORM, Role.MANAGEMENT, 1), *diagnose]
        else:
            yield from [*diagnose, *contain, *inform]
    yield from ((Phase.VERIFY, Role.DEVOPS, step) for step in tell_aftercare(language, Role.DEVOPS))
    if facts.resolved:
        yield from ((Phase.INFORM, Role.SUPPORT, step) for step in tell_aftercare(language, Role.SUPPORT))
    yield Phase.LEARN, Role.DEVELOPER, tell_aftercare(language, Role.DEVELOPER)[0]
    yield Phase.LEARN, Role.SECURITY, tell_aftercare(language, Role.SECURITY)[0]


def draft_of(facts: AlertFacts, language: Language, role: Role, user_key: str = "") -> Draft:
    """The draft of a plan; its severity is the incident's."""
    steps, finding = steps_of(facts, language), facts.finding
    phases = list(dict.fromkeys(step.phase for step in steps))
    causes = [tell_note(finding, facts.evidence, language, who) for who in (Role.DEVELOPER, Role.SECURITY)]
    return Draft(
        known(
            kind=finding.kind,
            severity=finding.severity.name.lower(),
            resolved=facts.resolved or None,
            observations=facts.vectors,
            lasts_seconds=facts.seconds or None,
            threshold=finding.threshold if finding.threshold == finding.threshold else None,
            observed=finding.observed if finding.observed == finding.observed else None,
            features=told(facts.evidence),
            phases=[str(phase) for phase in phases],
        ),
        tell_plan(facts, phases, language, role),
        tuple(causes),
        Grade[finding.severity.name],
        user_key,
    )


class Plans:
    """Answers `incident_plan`.

    Args:
        writer: Words it.
        incidents: Knows incidents by their ids.
    """

    def __init__(self, writer: Writer, incidents: FindsIncidents) -> None:
        self._writer = writer
        self._incidents = incidents

    async def answer(self, question: PlanIncident, deadline: float) -> IncidentPlan:
        """See `table.Handle`.

        Raises:
            Problem: 404, no such incident is known.
        """
        facts, user_key = self._asked(question)
        language, role = question.language, question.recipient_role
        draft = draft_of(facts, language, role, user_key)
        said = await worded(self._writer, INCIDENT_PLAN.name, draft, language, role, deadline)
        return IncidentPlan(
            **said.with_draft(draft, language),
            alert_id=question.alert_id,
            steps=steps_of(facts, language),
        )

    def _asked(self, question: PlanIncident) -> tuple[AlertFacts, str]:
        if not question.alert_id:
            return facts_of_incident(question.incident), ""
        alert = self._incidents.find(question.alert_id)
        if alert is None:
            raise Problem(404, "No such incident", "No incident with that alert_id was raised of late.")
        return facts_of_alert(alert), alert.user_key
