"""In which language people are spoken to."""

from __future__ import annotations

from collections.abc import Mapping


def language_of(environment: Mapping[str, str]) -> str:
    """ "ru" where the locale is Russian, "en" otherwise."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "ru" if locale.lower().startswith("ru") else "en"
