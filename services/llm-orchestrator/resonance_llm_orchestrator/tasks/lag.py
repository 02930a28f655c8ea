"""The task `assistant_lag`: where a player's lag comes from."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

from resonance_llm_orchestrator.brief import Writer
from resonance_llm_orchestrator.lag.measured import Measured, Player
from resonance_llm_orchestrator.lag.verdict import WHOLE, Verdict, verdict_of
from resonance_llm_orchestrator.tasks.severity import by_lag, gravest
from resonance_llm_orchestrator.tasks.wording import Draft, worded
from resonance_narration import LagFacts, LagMeasure, LagParty, LagWords, tell_lag
from resonance_tasks.lag import (
    ASSISTANT_LAG,
    ComparedWith,
    LagExplained,
    LagQuestion,
    Measurements,
    PartOfLag,
    PlayerNow,
)
from resonance_tasks.task import Grade

WIDE: Final = (LagParty.SERVER, LagParty.SERVICE)
"""Parties whose lag many players have."""
_ORDER: Final = (Grade.LOW, Grade.MEDIUM, Grade.HIGH, Grade.CRITICAL)


def judged(question: LagQuestion) -> Verdict:
    """The arithmetic."""
    history = [measured_of(one) for one in question.history]
    return verdict_of(player_of(question.player), history, [player_of(one) for one in question.neighbours])


def player_of(given: PlayerNow) -> Player:
    """A player of the question."""
    return Player(measured_of(given), measured_of(given.usual), given.access_network, given.route, given.server)


def measured_of(given: Measurements) -> Measured:
    """What is known of the measurements."""
    return {measure: value for measure in LagMeasure if (value := getattr(given, measure)) is not None}


def severity_of(verdict: Verdict) -> Grade:
    """By the lag; one more where it comes from the server or another service, for it is not one player's alone."""
    if verdict.culprit is None:
        return Grade.LOW
    grade = gravest(by_lag(verdict.delays.total))
    return _ORDER[min(_ORDER.index(grade) + 1, len(_ORDER) - 1)] if verdict.culprit in WIDE else grade


def draft_of(question: LagQuestion, verdict: Verdict) -> tuple[Draft, LagWords]:
    """The draft, and the words with their notes."""
    facts, severity = facts_of(verdict), severity_of(verdict)
    told = tell_lag(facts, question.language, question.recipient_role)
    said = json.loads(json.dumps(asdict(facts)))
    return Draft({"severity": str(severity), **said}, told.words, told.causes, severity, question.user_id), told


def facts_of(verdict: Verdict) -> LagFacts:
    """What is told."""
    groups = []
    for group, one in verdict.comparisons.items():
        if one.delays is not None and verdict.delays.network:
            groups.append((group, one.players, one.delays.network >= verdict.delays.network / 2))
    return LagFacts(
        verdict.delays.total,
        tuple(verdict.shares.items()),
        verdict.confidence,
        tuple((measure, value, usual) for measure, (value, usual) in verdict.unusual.items()),
        tuple(groups),
        tuple(verdict.doubts),
    )


class Lag:
    """Answers `assistant_lag`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def answer(self, question: LagQuestion, deadline: float) -> LagExplained:
        """See `table.Handle`."""
        verdict = judged(question)
        draft, told = draft_of(question, verdict)
        said = await worded(
            self._writer, ASSISTANT_LAG.name, draft, question.language, question.recipient_role, deadline
        )
        return LagExplained(
            **said.with_draft(draft, question.language),
            culprit=None if facts_of(verdict).close else verdict.culprit,
            lag_ms=verdict.delays.total,
            parts=[
                PartOfLag(party=party, share=share / WHOLE, ms=verdict.parts[party])
                for party, share in verdict.shares.items()
            ],
            confidence=verdict.confidence,
            compared_with=[
                ComparedWith(
                    sharing=group,
                    players=one.players,
                    network_ms=None if one.delays is None else one.delays.network,
                )
                for group, one in verdict.comparisons.items()
            ],
            notes=list(told.notes),
        )
