"""From a brief to the question that a provider gets: our instructions, facts as JSON data, the form of the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from resonance_llm_orchestrator.brief import Brief, Text
from resonance_llm_orchestrator.caching.words import key_of
from resonance_llm_orchestrator.claims.checking import unfaithful
from resonance_llm_orchestrator.claims.known import Known, known_of
from resonance_llm_orchestrator.number_guard import numbers_of
from resonance_llm_orchestrator.providers.provider import Prompt
from resonance_llm_orchestrator.writing.answer import Unbelievable, schema_of
from resonance_llm_orchestrator.writing.prompts import instructions
from resonance_narration import Language

DIGIT: Final = re.compile(r"\d")
NAMES: Final = "names"
"""Where facts have strings that strangers chose: they may be quoted, and their digits are no numbers."""

MEANING: Final = "meaning"
"""Where facts have definitions of the catalogue: what is numbered there was not observed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a provider is asked, and what its words are held against.

    Attributes:
        prompt: The question.
        languages: In which the answer is wanted.
        numbers: Numbers that the facts hold.
        names: Strings that may be quoted whatever digits they hold.
        key: Under which the words are kept.
        known: What the facts say of features.
        own: What our own writer says, by language.
    """

    prompt: Prompt
    languages: tuple[Language, ...]
    numbers: frozenset[float]
    names: frozenset[str]
    key: str
    known: Known
    own: Mapping[Language, Text]

    def check(self, texts: Mapping[Language, Text]) -> None:
        """Raises Unbelievable where words say of features what the facts do not."""
        for language, text in texts.items():
            for fault in unfaithful(text, language, self.known, self.prompt.data, self.own[language]):
                raise Unbelievable(fault)


def question_of(brief: Brief, facts: Mapping[str, Any], hidden: Mapping[str, str]) -> Question:
    """The question about a brief.

    Args:
        brief: What is to be put into words.
        facts: Its facts as they may leave this service.
        hidden: What placeholders in them stand for.
    """
    told = instructions(brief.task)
    languages = tuple(brief.offline)
    wanted = [str(language) for language in languages]
    told_facts = _json(facts)
    text = f'{{"recipient_role":{_json(str(brief.role))},"languages":{_json(wanted)},"facts":{told_facts}}}'
    numbers: set[float] = set()
    for key, value in facts.items():
        if key != NAMES:
            _collect(value, numbers)
    return Question(
        Prompt(told.version, told.text, text, schema_of(languages)),
        languages,
        frozenset(numbers),
        frozenset(name for name in (*_strings(facts.get(NAMES)), *hidden) if name),
        key_of(brief.task, told.version, str(brief.role), wanted, told_facts, brief.user_key),
        known_of(facts),
        brief.offline,
    )


_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def _collect(value: Any, into: set[float]) -> None:
    if isinstance(value, str):
        if DIGIT.search(value):
            into.update(_numbers_of(value))
    elif isinstance(value, dict):
        for key, part in value.items():
            if key != MEANING:
                _collect(part, into)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _collect(part, into)
    elif value is not None and not isinstance(value, bool):
        into.add(float(value))


@lru_cache(maxsize=1024)
def _numbers_of(text: str) -> tuple[float, ...]:
    """Most texts with digits are definitions of the catalogue, the same in all facts."""
    return tuple(numbers_of(text))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for part in value.values():
                yield from _strings(part)
        case list() | tuple():
            for part in value:
                yield from _strings(part)
