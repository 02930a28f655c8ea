"""The voice of a language, by its tag."""

from __future__ import annotations

from typing import Final

from resonance_narration.en import ENGLISH
from resonance_narration.errors import UnknownLanguage, UnknownRole
from resonance_narration.facts import Language, Role
from resonance_narration.ru import RUSSIAN
from resonance_narration.voice import Voice

_VOICES: Final = {Language.ENGLISH: ENGLISH, Language.RUSSIAN: RUSSIAN}


def voice_of(language: str) -> Voice:
    """The voice of "en" or "ru". Raises UnknownLanguage."""
    if language not in set(Language):
        raise UnknownLanguage(language)
    return _VOICES[Language(language)]


def role_of(role: str) -> Role:
    """A role by its name. Raises UnknownRole."""
    if role not in set(Role):
        raise UnknownRole(role, tuple(Role))
    return Role(role)
