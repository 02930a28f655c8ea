"""From a draft to the words of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resonance_llm_orchestrator.brief import Brief, Text, Wording, Writer
from resonance_narration import AlertWords, Language, Role
from resonance_tasks.task import Grade, Written


@dataclass(frozen=True, slots=True)
class Draft:
    """What a question came to before anybody worded it: a function of the question alone.

    Attributes:
        facts: Everything that may be said, as values of JSON; see `Brief.facts`.
        words: Of our own writer, in the language that was asked for.
        causes: What it comes from, in that language.
        severity: By rules of code.
        user_key: Whom it is about; "" where it is about nobody.
    """

    facts: Mapping[str, Any]
    words: AlertWords
    causes: tuple[str, ...]
    severity: Grade
    user_key: str = ""


@dataclass(frozen=True, slots=True)
class Worded:
    """Words in the language that was asked for, and where they came from."""

    text: Text
    written: Written

    def with_draft(self, draft: Draft, language: Language) -> dict[str, Any]:
        """What every analysis answers, by the names of its fields: words and their authors, severity, causes."""
        return {
            "language": language,
            "title": self.text.title,
            "summary": self.text.summary,
            "severity": draft.severity,
            "root_causes": list(draft.causes),
            "recommendations": list(self.text.recommendations),
            "written": self.written,
        }


async def worded(writer: Writer, task: str, draft: Draft, language: Language, role: Role, deadline: float) -> Worded:
    """The words of a draft, at the latest at `deadline`, a time of the running loop's clock."""
    own = Text(draft.words.title, draft.words.summary, draft.words.recommendations)
    brief = Brief(task, draft.facts, role, {language: own}, draft.user_key, draft.severity is Grade.CRITICAL)
    wording = await writer.write(brief, deadline)
    return Worded(wording.texts[language], written_of(wording))


def written_of(wording: Wording) -> Written:
    """Where the words of an answer came from."""
    return Written(
        provider=wording.provider,
        model=wording.model,
        degraded=list(wording.degraded),
        vetoed=list(wording.vetoed),
        judgements=list(wording.judgements),
    )
