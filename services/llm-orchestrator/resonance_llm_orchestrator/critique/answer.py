"""The form a critic answers in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from resonance_llm_orchestrator.judgements import FACTS
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.writing.answer import Unbelievable, Words, first_fault
from resonance_llm_orchestrator.writing.answer import form_of as words_form_of
from resonance_narration import Language
from resonance_tasks.judgement import Finding

LONGEST_REASON: Final = 300
NO_REASON: Final = "No reason was given."


class _Said(BaseModel):
    """Whether one thing holds."""

    model_config = ConfigDict(extra="forbid", strict=True)

    held: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a critic said, and nothing of it believed yet.

    Attributes:
        findings: Of each principle, and of the facts.
        words: What should stand instead, by language; None where it gave none.
    """

    findings: tuple[Finding, ...]
    words: Mapping[Language, Words] | None

    @property
    def objects(self) -> bool:
        """Whether anything does not hold."""
        return not all(finding.held for finding in self.findings)


@cache
def form_of(principles: tuple[str, ...], languages: tuple[Language, ...]) -> type[BaseModel]:
    """The form of an answer: a finding for each principle and for the facts, and words where anything does not hold."""
    config = ConfigDict(extra="forbid", strict=True)
    said: dict[str, Any] = dict.fromkeys(principles, (_Said, ...))
    fields: dict[str, Any] = {
        "principles": (create_model("Principles", __config__=config, **said), ...),
        FACTS: (_Said, ...),
        "words": (words_form_of(languages) | None, ...),
    }
    return create_model("Critique", __config__=config, **fields)


@cache
def schema_of(principles: tuple[str, ...], languages: tuple[Language, ...]) -> Mapping[str, Any]:
    """The form as a JSON schema."""
    return form_of(principles, languages).model_json_schema()


def answer_of(text: str, principles: tuple[str, ...], languages: tuple[Language, ...]) -> Answer:
    """What is in a critic's text.

    Raises:
        Unbelievable: It is not the JSON that was asked for.
    """
    try:
        said: Any = form_of(principles, languages).model_validate_json(text)
    except ValidationError as error:
        known = (*principles, "principles", FACTS, "words", "held", "reason")
        raise Unbelievable(f"The answer is not what was asked for: {first_fault(error, known)}.") from error
    findings = [_finding(name, getattr(said.principles, name)) for name in principles]
    words = None if said.words is None else {one: getattr(said.words, str(one)) for one in languages}
    return Answer((*findings, _finding(FACTS, said.facts)), words)


def _finding(name: str, said: _Said) -> Finding:
    reason = "" if said.held else plain(said.reason, LONGEST_REASON) or NO_REASON
    return Finding(principle=name, held=said.held, reason=reason)
