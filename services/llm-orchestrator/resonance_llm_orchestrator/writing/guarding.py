"""The guard that is in force where no other is given: cleaned strings out, plain words without made-up numbers in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resonance_llm_orchestrator.brief import Brief, Text, Verdict
from resonance_llm_orchestrator.number_guard import made_up
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.writing.question import question_of
from resonance_narration import Language

LONGEST: Final = 2_000


class PlainGuard:
    """See `Guard`. It knows no personal data: callers give it pseudonyms alone."""

    def hide(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Every string without control, format and bidirectional characters, and cut."""
        return {key: _clean(value) for key, value in facts.items()}, {}

    def restore(self, text: str, hidden: Mapping[str, str]) -> str:
        """The text as it is: nothing was hidden."""
        return text

    def judge(self, brief: Brief, texts: Mapping[Language, Text]) -> Verdict:
        """Broken are "numbers" where one is not in the facts, and "plain_text" where there is what nobody can see."""
        question = question_of(brief, self.hide(brief.facts)[0], {})
        broken = set()
        for text in texts.values():
            lines = (text.title, text.summary, *text.recommendations)
            if made_up("\n".join(lines), question.numbers, question.names):
                broken.add("numbers")
            if any(plain(line, len(line) + 1) != line for line in lines):
                broken.add("plain_text")
        return Verdict(tuple(sorted(broken)))


def _clean(value: Any) -> Any:
    match value:
        case str():
            return plain(value, LONGEST)
        case Mapping():
            return {key: _clean(part) for key, part in value.items()}
        case list() | tuple():
            return [_clean(part) for part in value]
    return value
