"""Names of kinds of incidents, for lists."""

from __future__ import annotations

from typing import Final

from resonance_narration.languages import voice_of
from resonance_narration.themes import BEHAVIOUR, RULE_THEMES, UNUSUAL, Theme

KINDS: Final = (
    *RULE_THEMES,
    *(f"{UNUSUAL}{theme}" for theme in Theme if theme not in {Theme.DROP, Theme.GENERAL}),
    BEHAVIOUR,
)
"""Kinds of incidents that come with the product; operators' rules add theirs."""


def name_kind(kind: str, language: str) -> str:
    """A kind of incident in words; one of an operator's rule as it is written. Raises UnknownLanguage."""
    voice = voice_of(language)
    if kind in voice.rules:
        return voice.rules[kind]
    if kind == BEHAVIOUR:
        return voice.themes[Theme.GENERAL].title
    theme = kind.removeprefix(UNUSUAL)
    if kind.startswith(UNUSUAL) and theme in set(Theme):
        return voice.themes[Theme(theme)].title
    return kind
