"""The task `generate_smart_alert`: an alert of any system, told to one reader with what to do."""

from __future__ import annotations

from typing import Any, Final

from resonance_contracts.features import BY_NAME
from resonance_llm_orchestrator.brief import Writer
from resonance_llm_orchestrator.facts import OWN_KINDS
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.tasks.contributions import known
from resonance_llm_orchestrator.tasks.severity import by_threshold, by_users, gravest
from resonance_llm_orchestrator.tasks.subjects import subject_of
from resonance_llm_orchestrator.tasks.untrusted import entries_of, name_of
from resonance_llm_orchestrator.tasks.wording import Draft, worded
from resonance_narration import AlertWords, ReportedFacts, Severity, tell_message, tell_reported
from resonance_tasks.generate_smart_alert import (
    ALERT_FIELDS,
    CONTEXT_FIELDS,
    GENERATE_SMART_ALERT,
    GenerateSmartAlert,
    SmartAlert,
)
from resonance_tasks.task import Grade
from resonance_tasks.values import person_in

REHEARSALS: Final = frozenset({"staging", "stage", "test", "testing", "dev", "development", "qa", "sandbox", "local"})
LONGEST_MESSAGE: Final = 300


def draft_of(question: GenerateSmartAlert) -> Draft:
    """The draft; nothing but names of one word is taken from texts into our sentences."""
    alert, context = question.alert_data, question.context
    severity = severity_of(alert, context)
    facts = _facts(alert, context, severity)
    told = tell_reported(facts, question.language, question.recipient_role)
    return Draft(
        known(
            severity=str(severity),
            subject=str(facts.subject),
            metric=facts.metric,
            value=facts.value,
            threshold=facts.threshold,
            service=facts.service,
            environment=facts.environment,
            affected_users=facts.affected,
            total_users=facts.total,
            lasts_seconds=facts.seconds,
            reported=message_of(alert),
            details=entries_of(alert, frozenset(ALERT_FIELDS)) + entries_of(context, frozenset(CONTEXT_FIELDS)),
        ),
        told.words,
        told.causes,
        severity,
        person_in(alert) or person_in(context),
    )


def severity_of(alert: dict[str, Any], context: dict[str, Any]) -> Grade:
    """The gravest of what the other system set, of how far the value is beyond its threshold and of who feels it.

    Where none of it is known it is medium; outside of production, at most that.
    """
    grades = [
        Grade(alert["severity"]) if "severity" in alert else None,
        by_threshold(alert.get("value"), alert.get("threshold"), above=_above(alert)),
        by_users(context.get("affected_users"), context.get("total_users")),
    ]
    grade = gravest(*grades) if any(grades) else Grade.MEDIUM
    rehearsal = str(context.get("environment", "")).strip().lower() in REHEARSALS
    return Grade.MEDIUM if rehearsal and grade in (Grade.HIGH, Grade.CRITICAL) else grade


def message_of(alert: dict[str, Any]) -> str:
    """What the other system said, safe to show; "" where it said nothing."""
    return plain(alert.get("message", ""), LONGEST_MESSAGE)


def _above(alert: dict[str, Any]) -> bool:
    return bool(alert.get("direction", "above") == "above")


def _facts(alert: dict[str, Any], context: dict[str, Any], severity: Grade) -> ReportedFacts:
    metric, kind = name_of(alert.get("metric")), name_of(alert.get("anomaly_type"))
    value, threshold = alert.get("value"), alert.get("threshold")
    of_account = bool(person_in(alert)) and (metric in BY_NAME or kind in OWN_KINDS)
    return ReportedFacts(
        subject_of(metric or kind, above=_above(alert)),
        Severity[severity.name],
        metric,
        value,
        threshold,
        name_of(context.get("service") or alert.get("service")),
        name_of(context.get("environment")),
        _whole(context.get("affected_users")),
        _whole(context.get("total_users")),
        alert.get("duration_seconds"),
        (kind or "reported") if of_account else "",
        in_unit=_in_range(metric, value, threshold),
    )


def _whole(count: float | None) -> int | None:
    return None if count is None else int(count)


def _in_range(metric: str, *values: float | None) -> bool:
    """Whether values of a feature are in the catalogue's unit: a share that is said as 25 is none."""
    feature = BY_NAME.get(metric)
    return feature is None or all(v is None or feature.lower <= v <= feature.upper for v in values)


class SmartAlerts:
    """Answers `generate_smart_alert`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def answer(self, question: GenerateSmartAlert, deadline: float) -> SmartAlert:
        """See `table.Handle`."""
        draft, language, role = draft_of(question), question.language, question.recipient_role
        said = await worded(self._writer, GENERATE_SMART_ALERT.name, draft, language, role, deadline)
        text = AlertWords(said.text.title, said.text.summary, tuple(said.text.recommendations))
        return SmartAlert(
            **said.with_draft(draft, language),
            message=tell_message(text, message_of(question.alert_data), language),
            recipient_role=role,
        )
