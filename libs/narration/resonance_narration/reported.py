"""An alert of another system in words: what was measured, where, who feels it, and what this reader can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from resonance_narration.en.reported import PHRASES as ENGLISH
from resonance_narration.en.reported_advice import ADVICE as ENGLISH_ADVICE
from resonance_narration.facts import AlertWords, Detector, FindingFact, Language, Role, Severity
from resonance_narration.languages import role_of, voice_of
from resonance_narration.reported_phrases import ReportedPhrases, Subject, SubjectAdvice
from resonance_narration.ru.reported import PHRASES as RUSSIAN
from resonance_narration.ru.reported_advice import ADVICE as RUSSIAN_ADVICE
from resonance_narration.telling import capitalized, decapitalized, paragraph, telling_apart
from resonance_narration.themes import Theme, theme_of
from resonance_narration.voice import Advice, Voice

_PHRASES: Final[Mapping[str, ReportedPhrases]] = {Language.ENGLISH: ENGLISH, Language.RUSSIAN: RUSSIAN}
_ADVICE: Final[Mapping[str, SubjectAdvice]] = {Language.ENGLISH: ENGLISH_ADVICE, Language.RUSSIAN: RUSSIAN_ADVICE}


@dataclass(frozen=True, slots=True)
class ReportedFacts:
    """An alert of another system.

    Attributes:
        subject: What it is about.
        severity: How grave it is.
        metric: What was measured: a name of the feature catalogue, or any; "" where it was not said.
        value, threshold: Of the metric; a feature's in the catalogue's unit.
        service, environment: Names; "" where they were not said.
        affected, total: Users who feel it, and of how many.
        seconds: How long it has lasted.
        kind: What kind of incident of one account it is; "" where it is not about one account.
        in_unit: Whether a feature's values are in the catalogue's unit; where they are not it is like any metric.
    """

    subject: Subject
    severity: Severity
    metric: str = ""
    value: float | None = None
    threshold: float | None = None
    service: str = ""
    environment: str = ""
    affected: int | None = None
    total: int | None = None
    seconds: float | None = None
    kind: str = ""
    in_unit: bool = True


@dataclass(frozen=True, slots=True)
class ReportedWords:
    """The words, and what such an alert comes from."""

    words: AlertWords
    causes: tuple[str, ...]


def tell_reported(facts: ReportedFacts, language: str, role: str) -> ReportedWords:
    """The alert for one reader in "en" or "ru"; the same facts always give the same words.

    Raises:
        UnknownLanguage, UnknownRole: They are none of those.
    """
    voice, reader = voice_of(language), role_of(role)
    phrases, advice = _PHRASES[language], _advice(voice, facts, language, reader)
    told = AlertWords(_title(voice, phrases, facts), _summary(voice, phrases, facts, reader, advice.note), advice.steps)
    if facts.kind:
        where_from = [_advice(voice, facts, language, who).note for who in (Role.DEVELOPER, Role.SECURITY)]
        return ReportedWords(told, tuple(where_from))
    return ReportedWords(told, phrases.causes[facts.subject])


def _advice(voice: Voice, facts: ReportedFacts, language: str, role: Role) -> Advice:
    """What a role is told: of an account where it is about one, else of a service."""
    if not facts.kind:
        return _ADVICE[language][role][facts.subject]
    features = (facts.metric,) if facts.metric in voice.features else ()
    theme = theme_of(FindingFact(Detector.RULE, facts.kind, facts.severity, features))
    return voice.advice[role].open[Theme.DROP if facts.subject is Subject.SILENCE else theme]


def tell_message(words: AlertWords, said: str, language: str) -> str:
    """A title, what another system said ("" for nothing), a summary and steps as one text. Raises UnknownLanguage."""
    voice_of(language)
    reported = [_PHRASES[language].said.format(message=said)] if said else []
    return "\n".join([words.title, *reported, words.summary, *(f"- {step}" for step in words.recommendations)])


def _title(voice: Voice, phrases: ReportedPhrases, facts: ReportedFacts) -> str:
    title = phrases.titles[facts.subject]
    if facts.metric and facts.value is not None:
        label, say = _said(voice, facts)
        title = f"{capitalized(label.removeprefix('The '))}: {say(facts.value, 0)}"
    return f"{title} ({facts.service})" if facts.service else title


def _summary(voice: Voice, phrases: ReportedPhrases, facts: ReportedFacts, role: Role, note: str) -> str:
    where = _where(phrases, facts)
    affected = "" if facts.affected is None else phrases.affected(facts.affected, facts.total)
    lasts = "" if facts.seconds is None else phrases.lasts.format(duration=voice.grammar.duration(facts.seconds))
    told = {
        Role.DEVOPS: (_measured(voice, phrases, facts), where, affected, lasts),
        Role.SECURITY: (_measured(voice, phrases, facts), where, affected, lasts),
        Role.DEVELOPER: (_raw(voice, phrases, facts), where, lasts),
        Role.SUPPORT: (affected, lasts),
        Role.MANAGEMENT: (_grave(phrases, facts), affected),
    }[role]
    return paragraph(*told, note)


def _grave(phrases: ReportedPhrases, facts: ReportedFacts) -> str:
    title = decapitalized(phrases.titles[facts.subject])
    return phrases.severity.format(severity=phrases.grades[facts.severity], title=title)


def _measured(voice: Voice, phrases: ReportedPhrases, facts: ReportedFacts) -> str:
    if not facts.metric:
        return phrases.nothing_measured
    label, say = _said(voice, facts)
    if facts.value is None:
        inside = decapitalized(label) if label != facts.metric else label
        return phrases.unmeasured.format(label=inside)
    if facts.threshold is None:
        return phrases.measured.format(label=label, value=say(facts.value, 0))
    extra = telling_apart(say, facts.value, facts.threshold)
    if extra is None:
        return phrases.at.format(label=label, value=say(facts.value, 0))
    side = phrases.above if facts.value > facts.threshold else phrases.below
    return side.format(label=label, value=say(facts.value, extra), threshold=say(facts.threshold, extra))


def _raw(voice: Voice, phrases: ReportedPhrases, facts: ReportedFacts) -> str:
    """Names as they are in code."""
    if not facts.metric or facts.value is None:
        return _measured(voice, phrases, facts)
    number = voice.grammar.number
    extra = 0 if facts.threshold is None else telling_apart(number, facts.value, facts.threshold) or 0
    line = phrases.raw.format(name=facts.metric, value=number(facts.value, extra))
    if facts.threshold is not None:
        line += phrases.raw_threshold.format(threshold=number(facts.threshold, extra))
    return f"{line}."


def _said(voice: Voice, facts: ReportedFacts) -> tuple[str, Callable[[float, int], str]]:
    """The metric's name at the beginning of a sentence, and how its values are said."""
    words = voice.features.get(facts.metric)
    if words is None or not facts.in_unit:
        return facts.metric, voice.grammar.number
    return capitalized(words.label), words.short


def _where(phrases: ReportedPhrases, facts: ReportedFacts) -> str:
    named = ((phrases.service, facts.service), (phrases.environment, facts.environment))
    parts = [phrase.format(name=name) for phrase, name in named if name]
    return phrases.where.format(parts=", ".join(parts)) if parts else ""
