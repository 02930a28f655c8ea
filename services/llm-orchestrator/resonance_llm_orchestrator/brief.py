"""What a writer is given and what it gives back, whatever the words are about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from resonance_narration import Language, Role
from resonance_tasks.judgement import Judgement

OFFLINE: Final = "offline"
"""Our own writer, as authors are named."""
OFFLINE_MODEL: Final = "templates"


@dataclass(frozen=True, slots=True)
class Text:
    """Words in one language.

    Attributes:
        title: One line, at most 160 characters.
        summary: A few sentences, at most 1,500 characters.
        recommendations: 1 to 6 steps, the most urgent first, at most 400 characters each.
    """

    title: str
    summary: str
    recommendations: Sequence[str]

    def mapped(self, change: Callable[[str], str]) -> Text:
        """The text with every line of it changed."""
        return Text(change(self.title), change(self.summary), tuple(map(change, self.recommendations)))


@dataclass(frozen=True, slots=True)
class Brief:
    """What is to be put into words.

    Attributes:
        task: Name of the task: which instructions and which route apply.
        facts: Everything that may be said, as values of JSON. Untrusted text is in its values alone.
        role: Whom the words are for.
        offline: What our own writer says, in every language that is wanted; always there, so that there is an answer.
        user_key: Whose words these are, so that they can be forgotten; empty where they are about nobody.
        critical: Whether somebody is paged: then nothing is waited for that can come later.
    """

    task: str
    facts: Mapping[str, Any]
    role: Role
    offline: Mapping[Language, Text]
    user_key: str = ""
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """Words, and where they came from.

    Attributes:
        texts: By language: those of the brief.
        provider: "openai", "anthropic", or "offline".
        model: Which model, or "templates".
        degraded: Why providers that come before it did not write them, asked or left alone: "provider: reason".
        vetoed: Principles that a provider's words broke.
        judgements: What was said of words on the way to these, in that order.
    """

    texts: Mapping[Language, Text]
    provider: str
    model: str
    degraded: Sequence[str] = ()
    vetoed: Sequence[str] = ()
    judgements: Sequence[Judgement] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether words may be shown.

    Attributes:
        broken: Names of the principles that they break; empty where they may be shown.
        principles: What each principle says, by name: those that they were held against.
        version: Of the principles.
    """

    broken: Collection[str] = field(default_factory=tuple)
    principles: Mapping[str, str] = field(default_factory=dict)
    version: str = ""


class Writer(Protocol):
    """Whoever puts facts into words; never fails: at worst the words are those of our own writer."""

    async def write(self, brief: Brief, deadline: float) -> Wording:
        """The words, at the latest at `deadline`, a time of the running loop's clock."""


class Guard(Protocol):
    """What stands between facts and providers, and between providers and people. Free of I/O, deterministic."""

    def hide(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Facts without personal data and without anything that could be taken for instructions, and what each
        placeholder in them stands for."""

    def restore(self, text: str, hidden: Mapping[str, str]) -> str:
        """The text with what its placeholders stand for."""

    def judge(self, brief: Brief, texts: Mapping[Language, Text]) -> Verdict:
        """Whether words of a provider may be shown."""
