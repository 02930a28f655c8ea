"""The form a provider answers in, and what is checked before its words are believed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, create_model

from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.number_guard import made_up
from resonance_llm_orchestrator.plain_text import plain
from resonance_narration import Language

MOST_RECOMMENDATIONS: Final = 6
LONGEST_TITLE: Final = 160
LONGEST_SUMMARY: Final = 1500
LONGEST_RECOMMENDATION: Final = 400
"""Characters."""
CYRILLIC: Final = re.compile(r"[а-яё]", re.IGNORECASE)
LATIN: Final = re.compile(r"[a-z]", re.IGNORECASE)


class Unbelievable(ValueError):
    """An answer cannot be taken; `str()` is a sentence that the provider may be told."""


def _line(longest: int) -> Callable[[str], str]:
    """Check of one line: 1 to `longest` characters."""

    def check(text: str) -> str:
        line = plain(text, longest + 1)
        if not 0 < len(line) <= longest:
            raise ValueError(f"a text has {len(line)} characters or more; expected 1 to {longest}")
        return line

    return check


def _advice(lines: list[str]) -> list[str]:
    """Check of the number of recommendations; as a function it stays out of the schema, where few servers know it."""
    if not 0 < len(lines) <= MOST_RECOMMENDATIONS:
        raise ValueError(f"there are {len(lines)} recommendations; expected 1 to {MOST_RECOMMENDATIONS}")
    return lines


Recommendation = Annotated[str, AfterValidator(_line(LONGEST_RECOMMENDATION))]


class Words(BaseModel):
    """Words in one language."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Annotated[str, AfterValidator(_line(LONGEST_TITLE))]
    summary: Annotated[str, AfterValidator(_line(LONGEST_SUMMARY))]
    recommendations: Annotated[
        list[Annotated[str, AfterValidator(_line(LONGEST_RECOMMENDATION))]], AfterValidator(_advice)
    ]

    def all(self) -> str:
        """All of it, a line each."""
        return "\n".join((self.title, self.summary, *self.recommendations))


@cache
def form_of(languages: tuple[Language, ...]) -> type[BaseModel]:
    """The form of an answer: words in each of some languages."""
    fields: dict[str, Any] = {str(language): (Words, ...) for language in languages}
    return create_model("Answer", __config__=ConfigDict(extra="forbid", strict=True), **fields)


@cache
def schema_of(languages: tuple[Language, ...]) -> Mapping[str, Any]:
    """The form as a JSON schema."""
    return form_of(languages).model_json_schema()


def answer_of(
    text: str, languages: tuple[Language, ...], numbers: Collection[float], names: Collection[str]
) -> Mapping[Language, Text]:
    """The words in a provider's text.

    Args:
        text: What the provider wrote.
        languages: In which they are wanted.
        numbers: Numbers that the facts hold.
        names: Strings of the facts that may be quoted whatever digits they hold.

    Raises:
        Unbelievable: It is not the JSON that was asked for, or the words cannot be believed.
    """
    try:
        answer = form_of(languages).model_validate_json(text)
    except ValidationError as error:
        raise Unbelievable(f"The answer is not what was asked for: {first_fault(error)}.") from error
    return believed({language: getattr(answer, str(language)) for language in languages}, numbers, names)


def believed(
    words: Mapping[Language, Words], numbers: Collection[float], names: Collection[str]
) -> Mapping[Language, Text]:
    """Words whose form is right, as texts; numbers and names are those of `answer_of`.

    Raises:
        Unbelievable: They are in other languages, or hold a number that is not in the facts.
    """
    if any(_is_russian(w.all(), names) != (language is Language.RUSSIAN) for language, w in words.items()):
        raise Unbelievable("The words are not in the languages that were asked for.")
    for w in words.values():
        if strange := made_up(w.all(), numbers, names):
            raise Unbelievable(f"The words hold the number {plain(strange[0], 32)}, which is not in the facts.")
    return {language: Text(w.title, w.summary, w.recommendations) for language, w in words.items()}


def may_go_on(words: Text, numbers: Collection[float], names: Collection[str]) -> bool:
    """Whether words that are still being written may be shown so far; of their language and form the whole decides.

    Args:
        words: All of them until now; a part that was not begun is empty.
        numbers, names: As of `answer_of`.
    """
    fits = (
        len(words.title) <= LONGEST_TITLE
        and len(words.summary) <= LONGEST_SUMMARY
        and len(words.recommendations) <= MOST_RECOMMENDATIONS
        and all(len(line) <= LONGEST_RECOMMENDATION for line in words.recommendations)
    )
    text = "\n".join((words.title, words.summary, *words.recommendations))
    return fits and not made_up(text, numbers, names)


def _is_russian(text: str, names: Collection[str]) -> bool:
    for name in names:
        text = text.replace(name, "")
    return len(CYRILLIC.findall(text)) > len(LATIN.findall(text))


def first_fault(error: ValidationError, names: Collection[str] = ()) -> str:
    """Where the answer is wrong first, and how; nothing of the answer itself. `names` are of further members."""
    fault = error.errors(include_input=False, include_url=False)[0]
    known = (*map(str, Language), *Words.model_fields, *names)
    where = ".".join(str(part) for part in fault["loc"] if part in known) or "the whole"
    ours = f": {fault['ctx']['error']}" if fault["type"] == "value_error" else ""
    return f"{where}, {fault['type']}{ours}"
