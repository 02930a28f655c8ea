"""Which words of a text from outside may be read by a provider: those of operations, and no others."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

_LATIN: Final = re.compile(r"[a-z]+")
_CYRILLIC: Final = re.compile(r"[а-яё-]+")
_MOST_DIGITS: Final = 6
_NUMBER: Final = re.compile(rf"\d{{1,{_MOST_DIGITS}}}(?:[.,]\d{{1,{_MOST_DIGITS}}})?(?:ms|us|ns|s|kb|mb|gb)?")
_LONGEST_ENDING: Final = 4


@lru_cache(maxsize=16_384)
def is_known(word: str) -> bool:
    """Whether a word is one of ours or a number of few digits; a word of two scripts never is."""
    folded = word.lower()
    if _NUMBER.fullmatch(folded):
        return True
    if _LATIN.fullmatch(folded):
        return folded in _english()
    return _CYRILLIC.fullmatch(folded) is not None and _is_russian(folded)


def _is_russian(word: str) -> bool:
    whole, beginnings = _russian()
    if word in whole:
        return True
    return any(word[:end] in beginnings for end in range(max(2, len(word) - _LONGEST_ENDING), len(word) + 1))


@cache
def _english() -> frozenset[str]:
    return frozenset(_listed("words_en.txt"))


@cache
def _russian() -> tuple[frozenset[str], frozenset[str]]:
    listed = _listed("words_ru.txt")
    whole = frozenset(word[1:] for word in listed if word.startswith("="))
    return whole, frozenset(word for word in listed if not word.startswith("="))


def _listed(name: str) -> list[str]:
    text = files("resonance_llm_orchestrator.guard").joinpath(name).read_text(encoding="utf-8")
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
