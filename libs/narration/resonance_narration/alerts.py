"""An incident in words: the title, what happened, and what this reader can do about it."""

from __future__ import annotations

from resonance_narration.facts import AlertFacts, AlertWords, Detector, FeatureFact, Role, known
from resonance_narration.languages import role_of, voice_of
from resonance_narration.telling import (
    capitalized,
    compared,
    decapitalized,
    lead_of,
    paragraph,
    reasons,
    statement,
    telling_apart,
    why,
)
from resonance_narration.themes import BEHAVIOUR, Theme, direction, theme_of
from resonance_narration.voice import Voice


def describe_alert(facts: AlertFacts, language: str, role: str) -> AlertWords:
    """An alert for one reader; the same facts always give the same words.

    Args:
        facts: The incident, with evidence where it was explained.
        language: "en" or "ru".
        role: "devops", "security", "developer", "support" or "management". Roles differ in what they are told
            (support: what the user notices; developer: names and values; management: no values) and advised.

    Raises:
        UnknownLanguage, UnknownRole: They are none of those.
    """
    voice, reader = voice_of(language), role_of(role)
    lead = lead_of(facts.finding, facts.evidence)
    theme = theme_of(facts.finding, lead)
    title = title_of(voice, facts, lead, theme)
    advice = voice.advice[reader]
    steps = advice.resolved if facts.resolved else advice.open[theme].steps
    summary = _summary(voice, facts, reader, lead, advice.open[theme].note)
    return AlertWords(title, summary, steps)


def title_of(voice: Voice, facts: AlertFacts, lead: FeatureFact | None, theme: Theme) -> str:
    """One line: what kind of incident it is, with its strongest value where that is known, and how grave it became."""
    name = _name(voice, facts, lead, theme)
    if facts.resolved:
        return voice.phrases.resolved_title.format(title=decapitalized(name))
    words = voice.features.get(lead.name) if lead else None
    if lead is not None and words is not None and known(lead.value) and facts.finding.kind != BEHAVIOUR:
        name = f"{name}: {words.value(lead.value, 0)}"
    if facts.rise is None:
        return name
    before, severity = voice.severities[facts.rise.before], voice.severities[facts.finding.severity]
    return voice.phrases.risen_title.format(title=name, before=before, severity=severity)


def _name(voice: Voice, facts: AlertFacts, lead: FeatureFact | None, theme: Theme) -> str:
    """What kind of incident it is, without values."""
    finding = facts.finding
    if finding.kind in voice.rules:
        return voice.rules[finding.kind]
    if finding.detector is Detector.RULE:
        return voice.phrases.custom_rule_title.format(kind=finding.kind)
    words = voice.features.get(lead.name) if lead else None
    if lead is None or words is None or finding.kind == BEHAVIOUR or direction(lead) == 0:
        return voice.themes[theme].title
    return capitalized(words.high if direction(lead) > 0 else words.low)


def _summary(voice: Voice, facts: AlertFacts, role: Role, lead: FeatureFact | None, note: str) -> str:
    happened = statement(voice, lead, facts.reference, facts.when)
    flagged = why(
        voice,
        facts.finding,
        lead,
        served_score=facts.served_score,
        tail_probability=facts.tail_probability,
        baseline_weight=facts.baseline_weight,
    )
    weighed = reasons(voice, facts.evidence, lead)
    told = {
        Role.DEVOPS: (happened, flagged),
        Role.SECURITY: (happened, flagged, weighed),
        Role.DEVELOPER: (_developer_line(voice, facts, lead), weighed),
        Role.SUPPORT: (happened,),
        Role.MANAGEMENT: (severity_sentence(voice, facts, lead),),
    }[role]
    replay = voice.phrases.replay if facts.replay else ""
    return paragraph(_rise(voice, facts, role), *told, "" if facts.resolved else note, _extent(voice, facts), replay)


def severity_sentence(voice: Voice, facts: AlertFacts, lead: FeatureFact | None) -> str:
    """How grave it is and what it is, without values."""
    name = _name(voice, facts, lead, theme_of(facts.finding, lead))
    severity = voice.severities[facts.finding.severity]
    return voice.phrases.severity_sentence.format(severity=severity, title=decapitalized(name))


def _rise(voice: Voice, facts: AlertFacts, role: Role) -> str:
    """What it was, what it is and by which number; no number for those who are told none."""
    rise, finding, phrases = facts.rise, facts.finding, voice.phrases
    if rise is None or facts.resolved:
        return ""
    grades = {"before": voice.severities[rise.before], "severity": voice.severities[finding.severity]}
    if role in (Role.SUPPORT, Role.MANAGEMENT):
        return phrases.risen.format(**grades)
    if known(rise.evidence) and known(rise.enough):
        extra = telling_apart(voice.grammar.number, rise.evidence, rise.enough) or 0
        evidence, enough = (voice.grammar.number(value, extra) for value in (rise.evidence, rise.enough))
        return phrases.risen_by_evidence.format(evidence=evidence, enough=enough, **grades)
    if finding.detector is not Detector.RULE or not known(finding.observed) or not known(finding.threshold):
        return phrases.risen.format(**grades)
    observed, threshold = compared(voice, finding)
    return phrases.risen_by_rule.format(observed=observed, threshold=threshold, **grades)


def _developer_line(voice: Voice, facts: AlertFacts, lead: FeatureFact | None) -> str:
    """Names as they are in code, with values and what they were compared with."""
    phrases, finding = voice.phrases, facts.finding
    kind = phrases.developer_kind.format(kind=finding.kind, detector=voice.detectors[finding.detector])
    if lead is None or not known(lead.value):
        return kind
    words = voice.features.get(lead.name)
    value = words.value if words else voice.grammar.number
    line = phrases.developer_line.format(name=lead.name, value=value(lead.value, 1))
    if finding.detector is Detector.RULE and known(finding.threshold):
        line += phrases.developer_threshold.format(threshold=compared(voice, finding)[1])
    return f"{line}. {kind}"


def _extent(voice: Voice, facts: AlertFacts) -> str:
    """How many anomalous vectors, over how long."""
    phrases, observations = voice.phrases, voice.grammar.observations(facts.vectors)
    if facts.seconds <= 0:
        return (phrases.over if facts.resolved else phrases.so_far).format(observations=observations)
    lasting = phrases.over_lasting if facts.resolved else phrases.so_far_lasting
    return lasting.format(observations=observations, duration=voice.grammar.duration(facts.seconds))
