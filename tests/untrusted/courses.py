"""Plays every form in every field, and every obedient model at every task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_llm_orchestrator.brief import OFFLINE
from resonance_llm_orchestrator.failures import FailureKind
from tests.support.offline_writer import OfflineWriter
from tests.untrusted.forms import BENIGN, FORMS, leaks
from tests.untrusted.injected import Answered, Seen, asked, service
from tests.untrusted.notified import COMMENTS, FIELDS, LABELS, acted, enriched, explained, receivers, told_outside
from tests.untrusted.obedient import OBEDIENT, obedient
from tests.untrusted.questions import QUESTIONS

NOTHING: Final = "nothing"
REFUSED: Final = "422"
LABEL: Final = "label"
FINE: Final = frozenset({NOTHING, REFUSED, LABEL})
ALERTS: Final = "alerts"
LONGEST: Final = 250
"""Characters of a field of an alert."""
BREAK: Final = "break: "
"""Before the principles that words break, in the sentence about them."""
LANGUAGES: Final = {"en": "English", "ru": "Russian"}
"""With the form that a stranger writes in each."""


@dataclass
class Courses:
    """What came of it.

    Attributes:
        fields: By task and field, and by form: what left the service of what a stranger wrote, or what it changed.
        obeyed: By what a model does, and by task: why its words were not taken; with a language where they were.
        kept: What stayed of it in log, metrics, traces and cache.
    """

    fields: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    obeyed: dict[str, dict[str, str]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


async def played() -> Courses:
    """All of it."""
    courses = Courses()
    async with service() as (writer, seen):
        for task, fields in QUESTIONS.items():
            for name, make in fields.items():
                clean = await asked(OfflineWriter(), task, make(BENIGN))
                courses.fields[task, name] = {
                    form: _outcome(seen, await asked(writer, task, make(text)), clean) for form, text in FORMS.items()
                }
        await _alerts(courses, writer, seen)
        courses.kept = [f"{where}: {text}" for where, text in seen.kept() if leaks(text)]
    await _obeyed(courses)
    return courses


def _outcome(seen: Seen, answered: Answered, clean: Answered) -> str:
    if gone := _gone(seen.outbound()):
        return gone
    if answered.problem:
        return REFUSED if answered.problem.startswith(REFUSED) and not leaks(answered.problem) else answered.problem
    changed = [name for name, value in answered.decided.items() if clean.decided.get(name) != value]
    return f"changed {', '.join(changed)}" if changed else NOTHING


def _gone(bodies: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{', '.join(found)} in a {where}" for where, text in bodies if (found := leaks(text)))


async def _alerts(courses: Courses, writer: Any, seen: Seen) -> None:
    async with receivers() as outside:
        clean = await enriched(OfflineWriter(), explained(lambda *_: None, ""))
        ways = await told_outside(outside, clean)
        for name, change in FIELDS.items():
            courses.fields[ALERTS, name] = {}
            for form, text in FORMS.items():
                outside.bodies.clear()
                alert = await enriched(writer, explained(change, text[:LONGEST]))
                told = await told_outside(outside, alert)
                outcome = _gone(seen.outbound())
                if not outcome and (gone := _gone(outside.bodies)):
                    outcome = LABEL if name in LABELS else gone
                same = _decided(alert) == _decided(clean) and _to_whom(told) == _to_whom(ways)
                courses.fields[ALERTS, name][form] = outcome or (NOTHING if same else "changed who is told of what")
        proposed = await acted(outside, clean.alert, BENIGN)
        courses.fields[ALERTS, COMMENTS] = {}
        for form, text in FORMS.items():
            outside.bodies.clear()
            told = await told_outside(outside, clean, text)
            same = _to_whom(told) == _to_whom(ways) and await acted(outside, clean.alert, text) == proposed
            courses.fields[ALERTS, COMMENTS][form] = _gone(outside.bodies) or (NOTHING if same else "changed actions")


def _decided(alert: alert_pb2.EnrichedAlert) -> tuple[int, str]:
    return alert.alert.severity, alert.recipient_role


def _to_whom(told: Iterable[Any]) -> list[tuple[str, str, str]]:
    return sorted((decision.receiver, decision.way, str(decision.reason)) for decision in told)


async def _obeyed(courses: Courses) -> None:
    async with service() as (writer, seen):
        for name in OBEDIENT:
            courses.obeyed[name] = {}
            for task, fields in QUESTIONS.items():
                make = next(iter(fields.values()))
                said = [await _of_task(writer, seen, name, task, make, language) for language in LANGUAGES]
                courses.obeyed[name][task] = ", ".join(dict.fromkeys(said))
            courses.obeyed[name][ALERTS] = await _of_alert(writer, seen, name)


async def _of_task(
    writer: Any, seen: Seen, name: str, task: str, make: Callable[[str], Mapping[str, Any]], language: str
) -> str:
    question = {**make(FORMS[LANGUAGES[language]]), "language": language}
    clean = await asked(OfflineWriter(), task, question)
    seen.let(obedient(name, clean.answer["severity"]))
    answered = await asked(writer, task, question)
    same = {**clean.answer, "written": None} == {**answered.answer, "written": None}
    if answered.written["provider"] != OFFLINE or not same:
        return f"TAKEN ({language})"
    if _is_repeated(answered.written["degraded"]):
        return f"TAKEN into the reasons ({language})"
    return _why(answered.written["degraded"], answered.written["vetoed"])


async def _of_alert(writer: Any, seen: Seen, name: str) -> str:
    told = explained(FIELDS["stream"], FORMS["English"])
    seen.let(obedient(name, "high"))
    alert = await enriched(writer, told)
    clean = await enriched(OfflineWriter(), told)
    if alert.authorship.provider != OFFLINE or list(alert.texts) != list(clean.texts):
        return "TAKEN"
    if _is_repeated(alert.authorship.degraded):
        return "TAKEN into the reasons"
    return _why(alert.authorship.degraded, [])


def _is_repeated(reasons: Iterable[str]) -> bool:
    """Whether people are shown of a model's words in the reasons for not showing them."""
    return any(leaks(reason) or "evil" in reason or "account now" in reason for reason in reasons)


def _why(degraded: Iterable[str], vetoed: Iterable[str]) -> str:
    """Kinds of the failures, and for a veto the principles."""
    kinds = [reason.split(": ")[1] for reason in degraded]
    principles = [reason.partition(BREAK)[2].rstrip(".") for reason in degraded if BREAK in reason]
    return ", ".join(dict.fromkeys([kind for kind in kinds if kind != FailureKind.VETOED] + principles + list(vetoed)))
