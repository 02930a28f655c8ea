"""An anomaly in words, for people and for specialists."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_narration.before import plain_sentence
from resonance_narration.facts import AnomalyFacts, Detector, FeatureFact, FindingFact, Text
from resonance_narration.languages import voice_of
from resonance_narration.technical import technical
from resonance_narration.telling import lead_of, paragraph, reasons, statement, why
from resonance_narration.themes import BEHAVIOUR, theme_of
from resonance_narration.voice import Voice
from resonance_narration.week import WeekPart


def explain(facts: AnomalyFacts, language: str) -> Text:
    """The technical and the natural text in "en" or "ru": the same facts always give the same bytes.

    The natural text has two to six sentences: what happened, why it was flagged, what weighed most, what the
    observations before had to do with it, what to do.

    Raises:
        UnknownLanguage: The language is none of those.
    """
    voice = voice_of(language)
    return Text(technical(voice, facts), _natural(voice, facts))


def _natural(voice: Voice, facts: AnomalyFacts) -> str:
    # A vector that somebody asked about need not have been flagged: then the model's opinion is all there is.
    findings = by_weight(facts.findings) or [_opinion(facts)]
    lead = lead_of(findings[0], facts.features)
    advice = voice.themes[theme_of(findings[0], lead)].next_step if facts.findings else ""
    return paragraph(
        statement(voice, lead, facts.reference, facts.when),
        *(_why(voice, facts, finding) for finding in findings[:2]),
        reasons(voice, facts.features, lead, *_own(facts)),
        plain_sentence(voice, facts.before) if facts.before else "",
        voice.phrases.advice.format(advice=advice[:1].lower() + advice[1:]) if advice else "",
    )


def _own(facts: AnomalyFacts) -> tuple[Sequence[FeatureFact], WeekPart | None]:
    """What weighs against the user's own normal, at that time of the week where that is known, and when that is."""
    if facts.against_usual_then is not None:
        return facts.against_usual_then.features, facts.when
    return facts.against_usual.features if facts.against_usual else (), None


def _opinion(facts: AnomalyFacts) -> FindingFact:
    return FindingFact(Detector.MODEL, BEHAVIOUR, facts.severity)


def by_weight(findings: tuple[FindingFact, ...]) -> list[FindingFact]:
    """The gravest finding first, then the gravest by another detector: they say different things."""
    ordered = sorted(findings, key=lambda finding: -finding.severity)
    others = [f for f in ordered if f.detector is not ordered[0].detector] if ordered else []
    return ordered[:1] + others + [f for f in ordered[1:] if f not in others]


def _why(voice: Voice, facts: AnomalyFacts, finding: FindingFact) -> str:
    return why(
        voice,
        finding,
        lead_of(finding, facts.features),
        served_score=facts.served_score,
        tail_probability=facts.tail_probability,
        baseline_weight=facts.baseline_weight,
    )
