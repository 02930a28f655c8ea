"""A plan for an incident in words: what happened, and in which order what is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from resonance_narration.alerts import describe_alert
from resonance_narration.facts import AlertFacts, AlertWords, Language
from resonance_narration.languages import voice_of
from resonance_narration.telling import decapitalized, joined, paragraph

_TITLES: Final[Mapping[str, str]] = {Language.ENGLISH: "Plan: {title}", Language.RUSSIAN: "План: {title}"}
_ORDERS: Final[Mapping[str, str]] = {
    Language.ENGLISH: "In this order: {phases}.",
    Language.RUSSIAN: "По порядку: {phases}.",
}
_PHASES: Final[Mapping[str, Mapping[str, str]]] = {
    Language.ENGLISH: {
        "contain": "contain it",
        "diagnose": "find the cause",
        "inform": "inform those concerned",
        "verify": "verify that it is over",
        "learn": "keep what was learned",
    },
    Language.RUSSIAN: {
        "contain": "сдержать последствия",
        "diagnose": "найти причину",
        "inform": "известить тех, кого это касается",
        "verify": "убедиться, что всё закончилось",
        "learn": "закрепить выводы",
    },
}


def tell_plan(facts: AlertFacts, phases: Sequence[str], language: str, role: str) -> AlertWords:
    """A plan for one reader in "en" or "ru"; the same facts always give the same words.

    Args:
        facts: The incident.
        phases: In the order in which they come: "contain", "diagnose", "inform", "verify", "learn".
        language: "en" or "ru".
        role: Who reads it; the recommendations are theirs.

    Raises:
        UnknownLanguage, UnknownRole: They are none of those.
    """
    words, voice = describe_alert(facts, language, role), voice_of(language)
    order = _ORDERS[language].format(phases=joined(voice, [_PHASES[language][phase] for phase in phases]))
    title = _TITLES[language].format(title=decapitalized(words.title))
    return AlertWords(title, paragraph(words.summary, order), words.recommendations)
