"""The technical text: values with units, references, attributions that add up, method and versions."""

from __future__ import annotations

from math import isfinite
from typing import Final

from resonance_narration.facts import AnomalyFacts, Detector, FeatureFact, FindingFact, Unit, known
from resonance_narration.numbers import adding_up, fixed, signed
from resonance_narration.technical_further import further
from resonance_narration.telling import compared
from resonance_narration.voice import FeatureWords, Voice

_PLACES: Final = {Unit.SCORE: 4, Unit.PROBABILITY: 4, Unit.DEVIATIONS: 2}


def technical(voice: Voice, facts: AnomalyFacts) -> str:
    """One thought a line."""
    lines = [*_provenance(voice, facts), *_attributions(voice, facts)]
    lines += further(voice, facts)
    lines += [_finding(voice, finding) for finding in facts.findings]
    return "\n".join(lines)


def _provenance(voice: Voice, facts: AnomalyFacts) -> list[str]:
    phrases, learned = voice.phrases, ""
    if facts.baseline_weight:
        learned = voice.grammar.learned_from(facts.baseline_weight)
    reference = phrases.technical_reference[facts.reference].format(learned=learned) if facts.reference else ""
    lines = [phrases.technical_method.get(facts.method, facts.method) + reference + "."]
    if facts.model_version:
        lines.append(phrases.technical_model.format(name=facts.model_name, version=facts.model_version))
    if facts.rules_version:
        lines.append(phrases.technical_rules.format(version=facts.rules_version))
    if isfinite(facts.served_score):
        tail = voice.grammar.percent(facts.tail_probability) if isfinite(facts.tail_probability) else "NaN"
        score = fixed(f"{facts.served_score:.4f}", voice.grammar.style)
        lines.append(phrases.technical_score.format(score=score, tail=tail))
    return lines


def _attributions(voice: Voice, facts: AnomalyFacts) -> list[str]:
    shown = [f for f in facts.features if f.attribution != 0]
    if facts.unit is None:
        told = {name for finding in facts.findings for name in finding.features}
        values = [_feature(voice, f, None) for f in facts.features if f.name in told]
        return [voice.phrases.technical_no_attribution, *values]
    terms = [facts.base, *(f.attribution for f in shown)]
    written, score = adding_up(terms, facts.score, _PLACES[facts.unit])
    base, *said = (fixed(text, voice.grammar.style) for text in written)
    lines = [voice.phrases.technical_unit[facts.unit], _sum(voice, facts, shown, base, said, score)]
    return lines + [_feature(voice, f, text) for f, text in zip(shown, said, strict=True)]


def _sum(voice: Voice, facts: AnomalyFacts, shown: list[FeatureFact], base: str, said: list[str], score: str) -> str:
    terms = " ".join(f"{signed(s)[0]} {f.name} {signed(s)[1:]}" for f, s in zip(shown, said, strict=True))
    return voice.phrases.technical_sum.format(
        score=fixed(score, voice.grammar.style),
        base=base,
        terms=terms,
        residual=fixed(f"{facts.residual:.0e}" if facts.residual else "0", voice.grammar.style),
    )


def _feature(voice: Voice, fact: FeatureFact, attribution: str | None) -> str:
    words = voice.features.get(fact.name)
    value = words.value if words else voice.grammar.number
    line = voice.phrases.technical_feature.format(
        name=fact.name,
        value=value(fact.value, 1) if known(fact.value) else "NaN",
        against=_against(voice, words, fact),
        usual=_usual(voice, words, fact),
        attribution=signed(attribution or "0"),
    )
    return line if attribution is not None else line.rsplit(", ", 1)[0]


def _against(voice: Voice, words: FeatureWords | None, fact: FeatureFact) -> str:
    if fact.reference is None or not known(fact.reference):
        return ""
    short = words.short if words else voice.grammar.number
    return voice.phrases.technical_against.format(reference=short(fact.reference, 1))


def _usual(voice: Voice, words: FeatureWords | None, fact: FeatureFact) -> str:
    if words is None or fact.usual is None or fact.usual_spread is None:
        return ""
    if not known(fact.usual) or not known(fact.usual_spread):
        return ""
    usual, spread = words.short(fact.usual, 1), words.spread(fact.usual_spread, 1)
    return voice.phrases.technical_usual.format(usual=usual, spread=spread)


def _finding(voice: Voice, finding: FindingFact) -> str:
    comparison = ""
    if finding.detector is Detector.RULE and isfinite(finding.observed) and isfinite(finding.threshold):
        observed, threshold = compared(voice, finding)
        comparison = voice.phrases.technical_compared.format(observed=observed, threshold=threshold)
    return voice.phrases.technical_finding.format(
        detector=voice.detectors[finding.detector],
        kind=finding.kind,
        severity=voice.severities[finding.severity],
        compared=comparison,
    )
