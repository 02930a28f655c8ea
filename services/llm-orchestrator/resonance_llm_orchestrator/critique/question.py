"""What a critic is asked: words, the facts that they were made from, and the principles that they must keep to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_llm_orchestrator.brief import Brief, Text
from resonance_llm_orchestrator.critique.answer import schema_of
from resonance_llm_orchestrator.guard.constitution import sayings
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.providers.provider import Prompt
from resonance_llm_orchestrator.writing.answer import MOST_RECOMMENDATIONS
from resonance_llm_orchestrator.writing.question import Question
from resonance_narration import Language, Role
from resonance_privacy import redacted

TASK: Final = "critique"
LONGEST: Final = 1500
"""Characters of a text that are shown: as long as one can be that was taken."""
DRAFT: Final = "draft"
"""Where facts of an alert have our own writer's words, in the languages that providers were asked for."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Words that are to be judged.

    Attributes:
        brief: What they were made from.
        texts: They, in the languages that their author wrote.
        author: Provider that wrote them.
    """

    brief: Brief
    texts: Mapping[Language, Text]
    author: str


def judged_of(alert: alert_pb2.EnrichedAlert, facts: Mapping[str, Any]) -> Judged:
    """The words of an alert that a provider wrote, with the facts that were kept with them."""
    drafts = {Language(name): Text(**text) for name, text in facts[DRAFT].items()}
    texts = {
        Language(text.language): Text(text.title, text.summary, tuple(text.recommendations))
        for text in alert.texts
        if text.language in facts[DRAFT]
    }
    brief = Brief(TASK, facts, Role(alert.recipient_role), drafts, alert.alert.user_key)
    return Judged(brief, texts, alert.authorship.provider)


def prompt_of(judged: Judged, question: Question, hidden: Mapping[str, str]) -> Prompt:
    """The question to a critic.

    Words were judged by the guard before they were shown, so they hold nothing personal; they are shown to the critic
    letter by letter but for names, for a word that is taken out cannot be objected to. They are data all the same.

    Args:
        judged: The words.
        question: About their facts, as their author got it; its instructions are the critic's.
        hidden: What placeholders in it stand for.
    """
    languages = question.languages
    data = json.loads(question.prompt.data)
    data["principles"] = dict(sayings())
    data["words"] = {
        str(language): {
            "title": _shown(text.title, hidden),
            "summary": _shown(text.summary, hidden),
            "recommendations": [_shown(line, hidden) for line in text.recommendations[:MOST_RECOMMENDATIONS]],
        }
        for language, text in judged.texts.items()
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return replace(question.prompt, data=text, schema=schema_of(tuple(sayings()), languages))


def _shown(text: str, hidden: Mapping[str, str]) -> str:
    for placeholder, name in hidden.items():
        text = text.replace(name, placeholder)
    return plain(redacted(text), LONGEST)
