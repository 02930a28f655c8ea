"""Sentences of an answer that is still being written: JSON that has not ended, read as far as it goes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import from_json

from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.plain_text import plain

TITLE: Final = "title"
SUMMARY: Final = "summary"
RECOMMENDATIONS: Final = "recommendations"

_END: Final = re.compile(r"[.!?…]+\s+")
"""Where a sentence ends; what comes after it shows that it does."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer.

    Attributes:
        place: "title", "summary" or "recommendations".
        number: Which recommendation, from 0; else 0.
        text: One sentence, or what is left of a text that has ended; one line.
        end: Where it ends in the text of its place.
    """

    place: str
    number: int
    text: str
    end: int


@dataclass(slots=True)
class Unfolding:
    """What of an answer was let out.

    Attributes:
        language: Of the words that are let out; the answer may have others as well.
        out: Sentences that were, by place.
    """

    language: str
    out: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    _until: dict[tuple[str, int], int] = field(default_factory=dict)

    def next(self, text: str, *, ended: bool = False) -> Iterator[Sentence]:
        """The sentences beyond those that were let out, as far as they have ended.

        Args:
            text: What was written so far.
            ended: Whether nothing more comes.
        """
        strings = list(_strings(text, self.language))
        for index, (place, number, value) in enumerate(strings):
            begin = self._until.get((place, number), 0)
            whole = ended or index + 1 < len(strings)
            ends = [match.end() for match in _END.finditer(value, begin)]
            if whole and (not ends or ends[-1] < len(value)):
                ends.append(len(value))
            for end in ends:
                if sentence := plain(value[begin:end], end - begin + 1):
                    yield Sentence(place, number, sentence, end)
                begin = end

    def let_out(self, sentence: Sentence) -> None:
        """Notes that a sentence was let out."""
        place = sentence.place, sentence.number
        self._until[place] = sentence.end
        self.out.setdefault(place, []).append(sentence.text)

    def with_next(self, sentence: Sentence) -> Text:
        """All that was let out and one sentence more, as words."""
        place = sentence.place, sentence.number
        places = {**self.out, place: [*self.out.get(place, []), sentence.text]}
        numbers = sorted(number for name, number in places if name == RECOMMENDATIONS)
        return Text(
            " ".join(places.get((TITLE, 0), [])),
            " ".join(places.get((SUMMARY, 0), [])),
            [" ".join(places[RECOMMENDATIONS, number]) for number in numbers],
        )


def _strings(text: str, language: str) -> Iterator[tuple[str, int, str]]:
    """Strings of the words in a language, in the order in which they are written; the last may not have ended."""
    found = _object(_read(text)).get(language)
    for name, value in _object(found).items():
        if name in (TITLE, SUMMARY) and isinstance(value, str):
            yield name, 0, value
        elif name == RECOMMENDATIONS and isinstance(value, Sequence) and not isinstance(value, str):
            for number, one in enumerate(value):
                if isinstance(one, str):
                    yield name, number, one


def _read(text: str) -> Any:
    try:
        return from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
