"""The task `analyze_anomaly`: how grave an anomaly is, what it comes from, what to do."""

from __future__ import annotations

from typing import Final

from resonance_contracts.features import BY_NAME
from resonance_llm_orchestrator.brief import Writer
from resonance_llm_orchestrator.facts import OWN_KINDS
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.tasks.contributions import contributions_of, distance, features_of, known, sayable, told
from resonance_llm_orchestrator.tasks.severity import by_confidence, by_distance, by_tail, gravest
from resonance_llm_orchestrator.tasks.untrusted import LONGEST_NAME
from resonance_llm_orchestrator.tasks.wording import Draft, worded
from resonance_narration import (
    AnalysisFacts,
    Detector,
    FeatureFact,
    FindingFact,
    Severity,
    tell_analysis,
    tell_causes,
)
from resonance_tasks.analyze_anomaly import ANALYZE_ANOMALY, AnomalyAnalysed, AnomalyCase, AnomalyData
from resonance_tasks.task import Grade

ORDINARY: Final = frozenset({"normal", "ordinary", "benign", "inlier"})
BEHAVIOUR: Final = "unusual_behaviour"


def draft_of(question: AnomalyCase) -> Draft:
    """The draft: the detector's severity where it was set, else by confidence, rarity and distance from usual."""
    data, features = question.anomaly_data, _features(question)
    severity = severity_of(data, features)
    said = sayable(features)
    lead = said[:1]
    finding = FindingFact(Detector.MODEL, _kind(data, lead), Severity[severity.name], tuple(fact.name for fact in lead))
    facts = AnalysisFacts(finding, said, data.confidence, data.tail_probability)
    return Draft(
        known(
            kind=plain(data.type, LONGEST_NAME),
            prediction=plain(data.prediction, LONGEST_NAME),
            confidence=data.confidence,
            tail_probability=data.tail_probability,
            severity=str(severity),
            features=told(features),
        ),
        tell_analysis(facts, question.language, question.recipient_role),
        tell_causes(said, question.language),
        severity,
        data.user_id,
    )


def severity_of(data: AnomalyData, features: tuple[FeatureFact, ...]) -> Grade:
    """What the detector set; else low where the model called it ordinary; else the gravest that the numbers say."""
    if data.severity is not None:
        return data.severity
    if data.prediction.strip().lower() in ORDINARY:
        return Grade.LOW
    farthest = max((abs(far) for fact in features if (far := distance(fact)) is not None), default=None)
    return gravest(by_confidence(data.confidence), by_tail(data.tail_probability), by_distance(farthest))


def _kind(data: AnomalyData, lead: tuple[FeatureFact, ...]) -> str:
    if data.type in OWN_KINDS:
        return data.type
    feature = BY_NAME.get(lead[0].name) if lead else None
    return BEHAVIOUR if feature is None else f"unusual_{feature.group}"


def _features(question: AnomalyCase) -> tuple[FeatureFact, ...]:
    data = question.anomaly_data
    return features_of(data.features, question.ml_explanation, data.usual, data.spread)


class Anomalies:
    """Answers `analyze_anomaly`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def answer(self, question: AnomalyCase, deadline: float) -> AnomalyAnalysed:
        """See `table.Handle`."""
        draft, language, role = draft_of(question), question.language, question.recipient_role
        said = await worded(self._writer, ANALYZE_ANOMALY.name, draft, language, role, deadline)
        return AnomalyAnalysed(
            **said.with_draft(draft, language),
            contributions=contributions_of(_features(question)),
        )
