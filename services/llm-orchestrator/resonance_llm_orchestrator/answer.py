"""The form a provider answers in, and what is checked before its words are believed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.number_guard import made_up
from resonance_llm_orchestrator.plain_text import plain

MOST_RECOMMENDATIONS: Final = 6
LINK: Final = re.compile(r"://|\bwww\.|\bmailto:", re.IGNORECASE)
CYRILLIC: Final = re.compile(r"[а-яё]", re.IGNORECASE)
LATIN: Final = re.compile(r"[a-z]", re.IGNORECASE)


def _line(longest: int) -> Callable[[str], str]:
    """Check of one line: 1 to `longest` characters and no link, for the facts hold none."""

    def check(text: str) -> str:
        line = plain(text, longest + 1)
        if not 0 < len(line) <= longest:
            raise ValueError(f"a text has {len(line)} characters or more; expected 1 to {longest}")
        if LINK.search(line):
            raise ValueError("a text holds a link")
        return line

    return check


def _advice(lines: list[str]) -> list[str]:
    """Check of the number of recommendations; as a function it stays out of the schema, where few servers know it."""
    if not 0 < len(lines) <= MOST_RECOMMENDATIONS:
        raise ValueError(f"there are {len(lines)} recommendations; expected 1 to {MOST_RECOMMENDATIONS}")
    return lines


class Words(BaseModel):
    """Words in one language."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Annotated[str, AfterValidator(_line(160))]
    summary: Annotated[str, AfterValidator(_line(1500))]
    recommendations: Annotated[list[Annotated[str, AfterValidator(_line(400))]], AfterValidator(_advice)]

    def text(self) -> str:
        """All of it, a line each."""
        return "\n".join((self.title, self.summary, *self.recommendations))


class Answer(BaseModel):
    """Words in English and in Russian."""

    model_config = ConfigDict(extra="forbid", strict=True)

    en: Words
    ru: Words


SCHEMA: Final[dict[str, Any]] = Answer.model_json_schema()


def answer_of(text: str, numbers: Collection[float], names: Collection[str]) -> Answer:
    """The answer in a provider's text.

    Args:
        text: What the provider wrote.
        numbers: Numbers that the facts hold.
        names: Strings of the facts that may be quoted whatever digits they hold.

    Raises:
        ProviderFailure: It is not the JSON that was asked for, or the words cannot be believed.
    """
    try:
        answer = Answer.model_validate_json(text)
    except ValidationError as error:
        raise _broken(f"The answer is not what was asked for: {_first_fault(error)}.") from error
    if not _is_russian(answer.ru.text()) or _is_russian(answer.en.text()):
        raise _broken("The words are not in the languages that were asked for.")
    for words in (answer.en, answer.ru):
        if strange := made_up(words.text(), numbers, names):
            raise _broken(f"The words hold the number {plain(strange[0], 32)}, which is not in the facts.")
    return answer


def _is_russian(text: str) -> bool:
    return len(CYRILLIC.findall(text)) > len(LATIN.findall(text))


def _first_fault(error: ValidationError) -> str:
    """Where the answer is wrong first, and how; nothing of the answer itself."""
    fault = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"] if part in ("en", "ru", *Words.model_fields)) or "the whole"
    return f"{where}, {fault['type']}"


def _broken(sentence: str) -> ProviderFailure:
    return ProviderFailure(FailureKind.BROKEN_ANSWER, sentence)
