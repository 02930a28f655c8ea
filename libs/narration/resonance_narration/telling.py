"""Sentences that explanations and alerts share. Every function is pure; every sentence ends with its full stop."""

from __future__ import annotations

from collections.abc import Sequence, Set
from math import isfinite
from typing import Final

from resonance_narration.facts import Detector, FeatureFact, FindingFact, Reference, known
from resonance_narration.numbers import render
from resonance_narration.voice import FeatureWords, Say, Voice
from resonance_narration.week import WeekPart

_MOST_REASONS: Final = 3
_WORTH_NAMING: Final = 0.1
_MOST_EXTRA_PLACES: Final = 3


def lead_of(finding: FindingFact, features: Sequence[FeatureFact]) -> FeatureFact | None:
    """The feature that the finding is about: its strongest, else the one with the largest attribution."""
    if finding.features:
        for fact in features:
            if fact.name == finding.features[0]:
                return fact
        observed = finding.detector is Detector.RULE and isfinite(finding.observed)
        return FeatureFact(finding.features[0], finding.observed) if observed else None
    return features[0] if features and features[0].attribution > 0 else None


def statement(voice: Voice, fact: FeatureFact | None, reference: Reference | None, when: WeekPart | None = None) -> str:
    """What happened: the value, and the usual one, at that time of the week if possible, or the typical one."""
    if fact is None or fact.name not in voice.features or not known(fact.value):
        return voice.phrases.something_unusual + "."
    words = voice.features[fact.name]
    versus, extra = _versus(voice, words, fact, reference, when)
    return capitalized(words.statement.format(value=words.told(fact.value, extra), versus=versus)) + "."


def _versus(
    voice: Voice, words: FeatureWords, fact: FeatureFact, reference: Reference | None, when: WeekPart | None
) -> tuple[str, int]:
    phrases = voice.phrases
    if when is not None and fact.usual_then is not None and known(fact.usual_then):
        extra = telling_apart(words.short, fact.value, fact.usual_then)
        if extra is None:
            return phrases.as_usual_then.format(when=then(voice, when)), 0
        usual = words.usual(fact.usual_then, extra)
        return phrases.instead_of_usual_then.format(usual=usual, when=then(voice, when)), extra
    if fact.usual is not None and known(fact.usual):
        extra = telling_apart(words.short, fact.value, fact.usual)
        if extra is None:
            return phrases.as_usual, 0
        return phrases.instead_of_usual.format(usual=words.usual(fact.usual, extra)), extra
    if reference is Reference.POPULATION and fact.reference is not None and known(fact.reference):
        extra = telling_apart(words.short, fact.value, fact.reference)
        if extra is None:
            return phrases.as_typical, 0
        return phrases.against_typical.format(typical=words.short(fact.reference, extra)), extra
    return "", 0


def then(voice: Voice, when: WeekPart) -> str:
    """ "on a Tuesday evening"."""
    return voice.week[when.weekday, when.part]


def telling_apart(say: Say, one: float, other: float) -> int | None:
    """Fewest extra decimal places at which two values read differently; None if they never do."""
    for extra in range(_MOST_EXTRA_PLACES + 1):
        if say(one, extra) != say(other, extra):
            return extra
    return None


def why(
    voice: Voice,
    finding: FindingFact,
    lead: FeatureFact | None,
    *,
    served_score: float,
    tail_probability: float,
    baseline_weight: int,
) -> str:
    """Why it was flagged: the rule and its threshold, the distance from the user's normal, or the model."""
    if finding.detector is Detector.RULE:
        return _by_rule(voice, finding)
    if finding.detector is Detector.BASELINE:
        return _by_baseline(voice, lead, baseline_weight)
    return _by_model(voice, served_score, tail_probability)


def _by_rule(voice: Voice, finding: FindingFact) -> str:
    if not isfinite(finding.threshold):
        return voice.phrases.rule_bare.format(kind=finding.kind)
    return voice.phrases.rule.format(kind=finding.kind, threshold=compared(voice, finding)[1])


def compared(voice: Voice, finding: FindingFact) -> tuple[str, str]:
    """Observed value and threshold of a rule in words, precise enough to differ."""
    words = voice.features.get(finding.features[0]) if finding.features else None
    say = words.value if words else voice.grammar.number
    extra = telling_apart(say, finding.observed, finding.threshold) if isfinite(finding.observed) else 0
    observed = say(finding.observed, extra or 0) if isfinite(finding.observed) else ""
    return observed, say(finding.threshold, extra or 0)


def _by_baseline(voice: Voice, lead: FeatureFact | None, weight: int) -> str:
    learned = voice.grammar.learned_from(weight) if weight else ""
    words = voice.features.get(lead.name) if lead else None
    if lead is None or words is None or lead.usual_spread is None or not known(lead.usual_spread):
        return voice.phrases.baseline_bare.format(learned=learned)
    if render(lead.usual_spread, voice.grammar.style) == "0":
        return voice.phrases.baseline_steady.format(learned=learned)
    return voice.phrases.baseline.format(spread=words.spread(lead.usual_spread, 0), learned=learned)


def _by_model(voice: Voice, score: float, tail: float) -> str:
    if not isfinite(score) or not isfinite(tail):
        return voice.phrases.model_bare
    said = voice.grammar.number(score)
    if render(100 * tail, voice.grammar.style) == "0":
        return voice.phrases.model_unseen.format(score=said)
    return voice.phrases.model.format(score=said, share=voice.grammar.percent(tail))


def reasons(
    voice: Voice,
    features: Sequence[FeatureFact],
    told: FeatureFact | None,
    usual: Sequence[FeatureFact] = (),
    when: WeekPart | None = None,
) -> str:
    """The features that weigh most, with the values that were not told yet; "" if there is nothing to add.

    Args:
        voice: The language.
        features: What weighs in comparison with everybody.
        told: The feature whose value was told.
        usual: What weighs in comparison with the user's own normal, where that is known.
        when: The part of the week that this normal is of; None for that of any time.
    """
    chosen, own = _weightiest(voice, features), _weightiest(voice, usual)
    names = [fact.name for fact in chosen]
    same = names == [fact.name for fact in own]
    if not chosen or (told is not None and names == [told.name] and (same or not own)):
        return ""
    known_values = {told.name} if told is not None else set[str]()
    said = _listed(voice, chosen, known_values)
    at = "" if when is None else f" {then(voice, when)}"
    if same:
        said += voice.phrases.also_compared_with_usual.format(at=at)
    elif own:
        listed = _listed(voice, own, known_values | set(names))
        said += voice.phrases.compared_with_usual.format(at=at, reasons=listed)
    return (voice.phrases.one_reason if len(chosen) == 1 else voice.phrases.reasons).format(reasons=said)


def _weightiest(voice: Voice, features: Sequence[FeatureFact]) -> list[FeatureFact]:
    largest = max((f.attribution for f in features), default=0.0)
    chosen = [f for f in features if f.attribution > 0 and f.attribution >= _WORTH_NAMING * largest]
    return [f for f in chosen if f.name in voice.features and known(f.value)][:_MOST_REASONS]


def _listed(voice: Voice, chosen: Sequence[FeatureFact], known_values: Set[str]) -> str:
    return joined(voice, [_reason(voice, f, with_value=f.name not in known_values) for f in chosen])


def _reason(voice: Voice, fact: FeatureFact, *, with_value: bool) -> str:
    words = voice.features[fact.name]
    return f"{words.label} ({words.value(fact.value, 0)})" if with_value else words.label


def joined(voice: Voice, parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} {voice.phrases.conjunction} {parts[-1]}"


def capitalized(text: str) -> str:
    """The first letter large, the rest untouched."""
    return text[:1].upper() + text[1:]


def decapitalized(text: str) -> str:
    """The first letter small, the rest untouched."""
    return text[:1].lower() + text[1:]


def paragraph(*sentences: str) -> str:
    """Sentences one after the other; empty ones are left out."""
    return " ".join(s for s in sentences if s)
