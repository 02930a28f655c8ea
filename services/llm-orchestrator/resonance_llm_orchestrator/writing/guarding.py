"""The least of guards: cleaned strings out, plain words without links in; numbers are checked by the writer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resonance_llm_orchestrator.brief import Brief, Text, Verdict
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.writing.answer import LINK
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
        """Broken are "plain_text" where there is what nobody can see, and "links" where there is one."""
        lines = [line for text in texts.values() for line in (text.title, text.summary, *text.recommendations)]
        broken = []
        if any(plain(line, len(line) + 1) != line for line in lines):
            broken.append("plain_text")
        if any(LINK.search(line) for line in lines):
            broken.append("links")
        return Verdict(tuple(broken))


def _clean(value: Any) -> Any:
    match value:
        case str():
            return plain(value, LONGEST)
        case Mapping():
            return {key: _clean(part) for key, part in value.items()}
        case list() | tuple():
            return [_clean(part) for part in value]
    return value
