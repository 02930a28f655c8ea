"""Which language a person reads: `Accept-Language` (RFC 9110, section 12.5.4)."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["ru", "en"]

DEFAULT: Final[Language] = "en"


def preferred(accept_language: str) -> Language:
    """The language of the highest quality among ours; English where neither is named.

    Args:
        accept_language: The header, as "ru-RU,ru;q=0.9,en;q=0.8"; ranges that cannot be read are passed over.
    """
    best: Language = DEFAULT
    best_quality = 0.0
    for part in accept_language.split(","):
        name, _, parameter = part.strip().partition(";")
        language = name.strip().partition("-")[0].lower()
        quality = _quality(parameter)
        if quality <= best_quality:
            continue
        if language == "ru":
            best, best_quality = "ru", quality
        elif language in ("en", "*"):
            best, best_quality = "en", quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        quality = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
