"""The principles that words must keep to, and the checks that need no model."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from resonance_llm_orchestrator.guard.words import is_known
from resonance_llm_orchestrator.plain_text import leads_elsewhere
from resonance_privacy import find

Check = Literal["personal_data", "hedged", "echo"]

ECHOED_WORDS: Final = 5
"""So many words in a row that stand in a text from outside are a repetition of it."""

_CYRILLIC: Final = re.compile("[а-яё]")
_LATIN: Final = re.compile("[a-z]")
_ESCAPED: Final = re.compile(r"\\.")

_CAUSE: Final = re.compile(
    r"\b(?:because|caused by|due to|as a result of|stems? from|the (?:root )?cause (?:is|was) (?!known|unknown|not))\b"
    r"|\b(?:из-за|потому что|вызван\w*|по причине|причин(?:а|ой) (?:—|-|–|является|стал))"
)
_HEDGE: Final = re.compile(
    r"\b(?:may|might|can|could|likely|probabl[ey]|possibl[ey]|perhaps|appears?|seems?|suggests?|looks? like|"
    r"typical(?:ly)?|unusual\w*|compared)\b"
    r"|\b(?:может|могут|мог(?:ла|ло|ли)?|возможн\w+|вероятн\w+|похоже|по-видимому|судя по|скорее всего|необычн\w+|"
    r"по сравнению)\b"
)


class Principle(BaseModel):
    """One principle.

    Attributes:
        name: What a verdict calls it.
        en, ru: What it says.
        forbidden: Regular expressions that no text may match when it is in lower case, as they are.
        check: What else is checked, by name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    en: str
    ru: str
    forbidden: tuple[str, ...] = ()
    check: Check | None = None

    @field_validator("forbidden")
    @classmethod
    def _in_lower_case(cls, forbidden: tuple[str, ...]) -> tuple[str, ...]:
        for one in forbidden:
            if (plain := _ESCAPED.sub("", one)) != plain.lower():
                raise ValueError(f"{one} has a capital letter; texts are looked at in lower case")
        return forbidden


class Constitution(BaseModel):
    """All of them, as in `principles.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    principle: tuple[Principle, ...]


@dataclass(frozen=True)
class Context:
    """What a text is held against.

    Attributes:
        quotable: Strings that it may hold whatever they look like: the names in its facts that may be shown.
        outside: Texts from outside that it must not repeat.
    """

    quotable: Collection[str] = ()
    outside: Collection[str] = ()

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Runs of words of the texts from outside."""
        return frozenset().union(*(_runs(text.lower()) for text in self.outside))


@cache
def constitution() -> Constitution:
    """The principles of the product."""
    text = files("resonance_llm_orchestrator.guard").joinpath("principles.toml").read_text(encoding="utf-8")
    return Constitution.model_validate(tomllib.loads(text))


@cache
def sayings() -> Mapping[str, str]:
    """What each principle says in English, by name."""
    return {principle.name: principle.en for principle in constitution().principle}


def broken_by(text: str, context: Context) -> list[str]:
    """Names of the principles that a text breaks, in their order."""
    for name in sorted(context.quotable, key=len, reverse=True):
        text = text.replace(name, " _ ")
    lower = text.lower()
    scripts = [script for script in (_CYRILLIC, _LATIN) if script.search(lower)]
    return [
        p.name
        for p in constitution().principle
        if any(pattern.search(lower) for script, pattern in _patterns(p) if script in scripts)
        or (p.check is not None and _CHECKS[p.check](text, lower, context))
    ]


@cache
def _patterns(principle: Principle) -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """What is forbidden in each script, after what a text must have to hold any of it."""
    russian = [one for one in principle.forbidden if _CYRILLIC.search(one)]
    others = [one for one in principle.forbidden if one not in russian]
    both = ((_CYRILLIC, russian), (_LATIN, others))
    return tuple((script, re.compile("|".join(some))) for script, some in both if some)


def _personal(text: str, _: str, __: Context) -> bool:
    return leads_elsewhere(text) or bool(find(text))


def _certain(_: str, lower: str, __: Context) -> bool:
    return _CAUSE.search(lower) is not None and _HEDGE.search(lower) is None


def _echoes(_: str, lower: str, context: Context) -> bool:
    return bool(context.runs) and not context.runs.isdisjoint(_runs(lower))


def _runs(lower: str) -> set[tuple[str, ...]]:
    """Runs of words that are not all words of operations: those say the same wherever they stand."""
    words = re.findall(r"\w+", lower)
    runs = (tuple(words[i : i + ECHOED_WORDS]) for i in range(len(words) - ECHOED_WORDS + 1))
    return {run for run in runs if not all(map(is_known, run))}


_CHECKS: Final[Mapping[Check, Callable[[str, str, Context], bool]]] = {
    "personal_data": _personal,
    "hedged": _certain,
    "echo": _echoes,
}
