"""The technical text beyond the attributions: detectors, other references, what was left out, what failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from resonance_narration.before import technical_lines
from resonance_narration.facts import AnomalyFacts, FeatureFact, SumFact, known
from resonance_narration.numbers import adding_up, fixed, signed
from resonance_narration.telling import then
from resonance_narration.voice import Voice

SAMPLING: Final = "shapley-sampling"
_SCORE_PLACES: Final = 4
_SURPRISE_PLACES: Final = 2


def further(voice: Voice, facts: AnomalyFacts) -> Iterator[str]:
    """One thought a line; none where there is nothing."""
    phrases = voice.phrases
    if facts.method == SAMPLING:
        yield phrases.technical_bound.format(bound=fixed(f"{facts.error_bound:.4f}", voice.grammar.style))
    if facts.against_usual is not None:
        yield _sum(voice, facts.against_usual, phrases.technical_against_usual, _SCORE_PLACES)
    if facts.against_usual_then is not None and facts.when is not None:
        learned, zone = voice.grammar.weeks(facts.weeks), facts.when.time_zone
        placed = {"when": then(voice, facts.when), "zone": zone, "weeks": learned}
        yield _sum(voice, facts.against_usual_then, phrases.technical_against_usual_then, _SCORE_PLACES, **placed)
    if facts.detectors:
        said = ", ".join(_detector(voice, one) for one in facts.detectors)
        yield phrases.technical_detectors.format(detectors=said)
    if facts.against_expected is not None:
        yield _sum(voice, facts.against_expected, phrases.technical_against_expected, _SURPRISE_PLACES)
    if facts.before is not None:
        yield from technical_lines(voice, facts.before)
    if facts.skipped:
        parts = ", ".join(phrases.technical_parts.get(part, part) for part in facts.skipped)
        yield phrases.technical_skipped.format(parts=parts)
    for check in facts.checks_failed:
        yield phrases.technical_checks.get(check, check)


def _sum(voice: Voice, one: SumFact, phrase: str, places: int, **placed: str) -> str:
    """A sum, each feature with the value that it was compared with; those that would be written as 0 are left out."""
    style = voice.grammar.style
    (base, *written), score = adding_up([one.base, *(f.attribution for f in one.features)], one.score, places)
    said = [(fact, fixed(text, style)) for fact, text in zip(one.features, written, strict=True) if float(text)]
    terms = " ".join(_term(voice, fact, text) for fact, text in said)
    return phrase.format(name=one.of, score=fixed(score, style), base=fixed(base, style), terms=terms, **placed)


def _term(voice: Voice, fact: FeatureFact, attribution: str) -> str:
    written = signed(attribution)
    sign, size = written[0], written[1:]
    if fact.reference is None or not known(fact.reference):
        return f"{sign} {fact.name} {size}"
    words = voice.features.get(fact.name)
    short = words.short if words else voice.grammar.number
    return f"{sign} {fact.name} {size} ({short(fact.reference, 1)})"


def _detector(voice: Voice, one: SumFact) -> str:
    score = fixed(f"{one.score:.{_SURPRISE_PLACES}f}", voice.grammar.style)
    most = one.features[0] if one.features and one.features[0].attribution > 0 else None
    if most is None:
        return voice.phrases.technical_detector.format(name=one.of, score=score)
    return voice.phrases.technical_detector_mainly.format(name=one.of, score=score, feature=most.name)
