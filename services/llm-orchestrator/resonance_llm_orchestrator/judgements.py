"""What is said of words, as it is made here and as it stands in records."""

from __future__ import annotations

from functools import cache
from typing import Final

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_llm_orchestrator.brief import OFFLINE, Verdict
from resonance_llm_orchestrator.guard.constitution import constitution
from resonance_tasks.judgement import Finding, Judgement, JudgementOutcome

GUARD: Final = "guard"
"""The checks of the product, as judges are named."""
FACTS: Final = "facts"
ANSWER: Final = "answer"
"""What words are judged by beside principles: whether they say what the facts say; form, languages and numbers."""

_OUTCOMES: Final = {
    JudgementOutcome.OWN: alert_pb2.JUDGEMENT_OUTCOME_OWN,
    JudgementOutcome.HELD: alert_pb2.JUDGEMENT_OUTCOME_HELD,
    JudgementOutcome.VETOED: alert_pb2.JUDGEMENT_OUTCOME_VETOED,
    JudgementOutcome.REVISED: alert_pb2.JUDGEMENT_OUTCOME_REVISED,
    JudgementOutcome.CONTESTED: alert_pb2.JUDGEMENT_OUTCOME_CONTESTED,
}
_NAMES: Final = {value: outcome for outcome, value in _OUTCOMES.items()}


@cache
def own() -> Judgement:
    """Of words of our own writer."""
    version = constitution().version
    return Judgement(outcome=JudgementOutcome.OWN, author=OFFLINE, judge=GUARD, principles_version=version)


def by_guard(author: str, verdict: Verdict) -> Judgement:
    """Of words of a provider whose form, languages and numbers are right."""
    if not verdict.broken:
        return _held(author, tuple(verdict.principles), verdict.version)
    findings = [Finding(principle=ANSWER, held=True)]
    for name in dict.fromkeys([*verdict.principles, *verdict.broken]):
        held = name not in verdict.broken
        findings.append(Finding(principle=name, held=held, reason="" if held else verdict.principles.get(name, "")))
    return Judgement(
        outcome=JudgementOutcome.VETOED,
        author=author,
        judge=GUARD,
        principles_version=verdict.version,
        findings=findings,
    )


@cache
def _held(author: str, names: tuple[str, ...], version: str) -> Judgement:
    """The same for all words of an author that nothing speaks against."""
    findings = [Finding(principle=name, held=True) for name in (ANSWER, *names)]
    return Judgement(
        outcome=JudgementOutcome.HELD, author=author, judge=GUARD, principles_version=version, findings=findings
    )


def not_taken(author: str, reason: str) -> Judgement:
    """Of words of a provider whose form, languages or numbers are wrong; `reason` is a sentence of ours."""
    return Judgement(
        outcome=JudgementOutcome.VETOED,
        author=author,
        judge=GUARD,
        principles_version=constitution().version,
        findings=[Finding(principle=ANSWER, held=False, reason=reason)],
    )


def to_wire(judgement: Judgement) -> alert_pb2.Judgement:
    """As a record has it."""
    return alert_pb2.Judgement(
        outcome=_OUTCOMES[judgement.outcome],
        author=judgement.author,
        judge=judgement.judge,
        model=judgement.model,
        principles_version=judgement.principles_version,
        findings=[
            alert_pb2.JudgementFinding(principle=one.principle, held=one.held, reason=one.reason)
            for one in judgement.findings
        ],
    )


def from_wire(judgement: alert_pb2.Judgement) -> Judgement | None:
    """From a record; None where its outcome is not known here."""
    if judgement.outcome not in _NAMES:
        return None
    return Judgement(
        outcome=_NAMES[judgement.outcome],
        author=judgement.author,
        judge=judgement.judge,
        model=judgement.model,
        principles_version=judgement.principles_version,
        findings=[Finding(principle=one.principle, held=one.held, reason=one.reason) for one in judgement.findings],
    )
