"""Russian: words as data, grammar as functions."""

from __future__ import annotations

from typing import Final

from resonance_narration.facts import Role
from resonance_narration.ru import (
    advice_developer,
    advice_devops,
    advice_management,
    advice_security,
    advice_support,
    kinds,
)
from resonance_narration.ru.aims import AIMS
from resonance_narration.ru.asked import ASKED
from resonance_narration.ru.features import FEATURES
from resonance_narration.ru.grammar import RussianGrammar
from resonance_narration.ru.phrases import PHRASES
from resonance_narration.ru.week import WEEK
from resonance_narration.voice import Voice

RUSSIAN: Final = Voice(
    grammar=RussianGrammar(),
    features=FEATURES,
    aims=AIMS,
    rules=kinds.RULES,
    themes=kinds.THEMES,
    phrases=PHRASES,
    severities=kinds.SEVERITIES,
    detectors=kinds.DETECTORS,
    advice={
        Role.DEVOPS: advice_devops.ADVICE,
        Role.SECURITY: advice_security.ADVICE,
        Role.DEVELOPER: advice_developer.ADVICE,
        Role.SUPPORT: advice_support.ADVICE,
        Role.MANAGEMENT: advice_management.ADVICE,
    },
    asked=ASKED,
    week=WEEK,
)
