"""What values add to a decision, in words: the causes of an anomaly, and any model's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from resonance_narration.alerts import severity_sentence, title_of
from resonance_narration.contributed_phrases import ContributedPhrases
from resonance_narration.en.contributed import PHRASES as ENGLISH
from resonance_narration.facts import AlertFacts, AlertWords, FeatureFact, FindingFact, Language, Role, known
from resonance_narration.languages import role_of, voice_of
from resonance_narration.numbers import render, signed
from resonance_narration.ru.contributed import PHRASES as RUSSIAN
from resonance_narration.telling import capitalized, joined, lead_of, paragraph, reasons, statement, telling_apart
from resonance_narration.themes import Theme, theme_of
from resonance_narration.voice import Voice

_PHRASES: Final[Mapping[str, ContributedPhrases]] = {Language.ENGLISH: ENGLISH, Language.RUSSIAN: RUSSIAN}
_MOST_CAUSES: Final = 5
_MOST_REASONS: Final = 3
_WORTH_NAMING: Final = 0.05


@dataclass(frozen=True, slots=True)
class PredictionFacts:
    """What a model says and what each value adds to it.

    Attributes:
        model, prediction: Names, as they are to be shown.
        features: Largest absolute attribution first; a value that is not known is not finite.
        confidence: 0 to 1; None where it was not said.
    """

    model: str
    prediction: str
    features: tuple[FeatureFact, ...]
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class AnalysisFacts:
    """An anomaly that somebody asked about.

    Attributes:
        finding: What kind it is and how grave; its features are the strongest first.
        features: Largest absolute attribution first.
        confidence, tail_probability: Of the model, 0 to 1; None where they were not said.
    """

    finding: FindingFact
    features: tuple[FeatureFact, ...]
    confidence: float | None = None
    tail_probability: float | None = None


def shares_of(features: Sequence[FeatureFact]) -> list[float]:
    """Share of each feature in all attributions without their signs, 0 to 1; 0 where there are none."""
    total = sum(abs(fact.attribution) for fact in features)
    return [abs(fact.attribution) / total if total else 0.0 for fact in features]


def tell_causes(features: Sequence[FeatureFact], language: str) -> tuple[str, ...]:
    """A sentence for each value that speaks for the decision, with its share, the largest first.

    Raises:
        UnknownLanguage: The language is neither "en" nor "ru".
    """
    voice = voice_of(language)
    weighed = [(fact, share) for fact, share in zip(features, shares_of(features), strict=True) if fact.attribution > 0]
    chosen = [(fact, share) for fact, share in weighed if share >= _WORTH_NAMING][:_MOST_CAUSES]
    return tuple(_cause(voice, _PHRASES[language], fact, share) for fact, share in chosen)


def tell_analysis(facts: AnalysisFacts, language: str, role: str) -> AlertWords:
    """An anomaly for one reader in "en" or "ru"; the same facts always give the same words.

    Raises:
        UnknownLanguage, UnknownRole: They are none of those.
    """
    voice, reader, phrases = voice_of(language), role_of(role), _PHRASES[language]
    lead = lead_of(facts.finding, facts.features)
    theme = theme_of(facts.finding, lead)
    alert = AlertFacts(facts.finding, evidence=facts.features)
    advice = voice.advice[reader].open[theme]
    happened, sure = statement(voice, lead, None), _sure(voice, phrases, facts)
    told = {
        Role.DEVOPS: (happened, sure),
        Role.SECURITY: (happened, reasons(voice, facts.features, lead), sure),
        Role.DEVELOPER: (_in_code(voice, phrases, facts.features), sure),
        Role.SUPPORT: (),
        Role.MANAGEMENT: (severity_sentence(voice, alert, lead),),
    }[reader]
    return AlertWords(title_of(voice, alert, lead, theme), paragraph(*told, advice.note), advice.steps)


def tell_prediction(facts: PredictionFacts, language: str, role: str) -> AlertWords:
    """Any model's answer for one reader in "en" or "ru"; the same facts always give the same words.

    Raises:
        UnknownLanguage, UnknownRole: They are none of those.
    """
    voice, reader, phrases = voice_of(language), role_of(role), _PHRASES[language]
    said = phrases.says.format(model=facts.model, prediction=facts.prediction)
    if facts.confidence is not None:
        sure = voice.grammar.percent(facts.confidence)
        said = phrases.says_sure.format(model=facts.model, prediction=facts.prediction, confidence=sure)
    if reader is Role.DEVELOPER:
        weighed = _in_code(voice, phrases, facts.features)
    else:
        weighed = _spoken(voice, phrases, facts.features, with_values=reader in (Role.DEVOPS, Role.SECURITY))
    title = phrases.why.format(model=facts.model, prediction=facts.prediction)
    return AlertWords(title, paragraph(said, weighed, phrases.for_role[reader]), phrases.steps[reader])


def tell_steps(finding: FindingFact, features: Sequence[FeatureFact], language: str, role: str) -> tuple[str, ...]:
    """What one role does about an incident, the most urgent first. Raises UnknownLanguage, UnknownRole."""
    return voice_of(language).advice[role_of(role)].open[_theme(finding, features)].steps


def tell_aftercare(language: str, role: str) -> tuple[str, ...]:
    """What one role does once an incident is over. Raises UnknownLanguage, UnknownRole."""
    return voice_of(language).advice[role_of(role)].resolved


def tell_note(finding: FindingFact, features: Sequence[FeatureFact], language: str, role: str) -> str:
    """What one role should know of an incident, a sentence. Raises UnknownLanguage, UnknownRole."""
    return voice_of(language).advice[role_of(role)].open[_theme(finding, features)].note


def _theme(finding: FindingFact, features: Sequence[FeatureFact]) -> Theme:
    return theme_of(finding, lead_of(finding, features))


def _cause(voice: Voice, phrases: ContributedPhrases, fact: FeatureFact, share: float) -> str:
    label = capitalized(_label(voice, fact)) if fact.name in voice.features else fact.name
    return phrases.cause.format(
        label=label, value=_in_brackets(voice, phrases, fact), share=voice.grammar.percent(share)
    )


def _label(voice: Voice, fact: FeatureFact) -> str:
    words = voice.features.get(fact.name)
    return words.label if words else fact.name


def _in_brackets(voice: Voice, phrases: ContributedPhrases, fact: FeatureFact) -> str:
    """The value, and how it is to the usual one; "" where it is not known."""
    if not known(fact.value):
        return ""
    words = voice.features.get(fact.name)
    say, short = (words.value, words.short) if words else (voice.grammar.number, voice.grammar.number)
    if fact.usual is None or not known(fact.usual):
        return f" ({say(fact.value, 0)})"
    extra = telling_apart(short, fact.value, fact.usual)
    if extra is None:
        return f" ({say(fact.value, 0)}, {phrases.alike})"
    side = phrases.above if fact.value > fact.usual else phrases.below
    return f" ({say(fact.value, extra)}, {side.format(usual=short(fact.usual, extra))})"


def _in_code(voice: Voice, phrases: ContributedPhrases, features: Sequence[FeatureFact]) -> str:
    """Names as they are in code, with values and what each adds."""
    largest = max((abs(fact.attribution) for fact in features), default=0.0)
    chosen = [fact for fact in features if largest and abs(fact.attribution) >= _WORTH_NAMING * largest][:_MOST_CAUSES]
    said = [
        phrases.named.format(
            name=fact.name,
            value=f" = {voice.grammar.number(fact.value, 1)}" if known(fact.value) else "",
            attribution=signed(render(fact.attribution, voice.grammar.style)),
        )
        for fact in chosen
    ]
    return f"{', '.join(said)}." if said else ""


def _spoken(voice: Voice, phrases: ContributedPhrases, features: Sequence[FeatureFact], *, with_values: bool) -> str:
    largest = max((abs(fact.attribution) for fact in features), default=0.0)
    worth = [fact for fact in features if largest and abs(fact.attribution) >= _WORTH_NAMING * largest]

    def listed(chosen: Sequence[FeatureFact]) -> str:
        brackets = [_in_brackets(voice, phrases, fact) if with_values else "" for fact in chosen]
        return joined(voice, [_label(voice, fact) + more for fact, more in zip(chosen, brackets, strict=True)])

    pro = [fact for fact in worth if fact.attribution > 0][:_MOST_REASONS]
    contra = [fact for fact in worth if fact.attribution < 0][:_MOST_REASONS]
    speaking = phrases.speaks_for if len(pro) == 1 else phrases.speak_for
    return paragraph(
        speaking.format(reasons=listed(pro)) if pro else "",
        phrases.against.format(reasons=listed(contra)) if contra else "",
    )


def _sure(voice: Voice, phrases: ContributedPhrases, facts: AnalysisFacts) -> str:
    tail, sure = facts.tail_probability, ""
    if facts.confidence is not None and isfinite(facts.confidence):
        sure = phrases.sure.format(confidence=voice.grammar.percent(facts.confidence))
    if tail is None or not isfinite(tail):
        return sure
    share = voice.grammar.percent(tail)
    rare = phrases.unseen if render(100 * tail, voice.grammar.style) == "0" else phrases.tail.format(share=share)
    return paragraph(sure, rare)
