"""What a writer is given and what it gives back, whatever the words are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from resonance_narration import Language, Role

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
        degraded: Why a provider that was asked did not write them: "provider: reason".
        vetoed: Principles that a provider's words broke.
    """

    texts: Mapping[Language, Text]
    provider: str
    model: str
    degraded: Sequence[str] = ()
    vetoed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether words may be shown.

    Attributes:
        broken: Names of the principles that they break; empty where they may be shown.
    """

    broken: Collection[str] = field(default_factory=tuple)


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
