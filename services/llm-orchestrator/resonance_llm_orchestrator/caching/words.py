"""Words that were taken, as they are kept: before placeholders get back what they stand for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from resonance_llm_orchestrator.brief import Text
from resonance_narration import Language


@dataclass(frozen=True, slots=True)
class Kept:
    """Words of a provider.

    Attributes:
        texts: By language, with placeholders.
        provider, model: Who wrote them.
    """

    texts: Mapping[Language, Text]
    provider: str
    model: str

    def encode(self) -> bytes:
        """As JSON."""
        texts = {
            str(language): {"title": t.title, "summary": t.summary, "recommendations": list(t.recommendations)}
            for language, t in self.texts.items()
        }
        return json.dumps({"texts": texts, "provider": self.provider, "model": self.model}).encode()

    @classmethod
    def decode(cls, data: bytes) -> Kept:
        """From `encode`.

        Raises:
            ValueError, KeyError, TypeError: It is something else.
        """
        found = json.loads(data)
        texts = {Language(language): Text(**text) for language, text in found["texts"].items()}
        return cls(texts, found["provider"], found["model"])


def key_of(task: str, version: str, role: str, languages: Collection[str], facts: str, people: str) -> str:
    """Name of the words for a question: the same for the same question alone.

    Args:
        task: What is asked.
        version: Of the instructions.
        role: Whom the words are for.
        languages: That are wanted.
        facts: As a provider gets them, as JSON.
        people: Whose words they are: nobody gets words of somebody else, and all of them can be forgotten.
    """
    parts = json.dumps([task, version, role, sorted(languages), people])
    return hashlib.sha256(f"{parts}\n{facts}".encode("utf-8", "surrogatepass")).hexdigest()


class Cache(Protocol):
    """Keeps words; whatever happens to it, it costs no words: at worst it knows nothing."""

    async def find(self, key: str) -> Kept | None:
        """What is kept under a key."""

    async def keep(self, key: str, kept: Kept, user_key: str, since: int) -> None:
        """Keeps words, unless their user was forgotten after `since`."""

    def moment(self, user_key: str) -> int:
        """A mark to give to `keep`: taken before anybody is asked."""

    async def forget(self, user_key: str) -> None:
        """Removes everything about a user.

        Raises:
            Unavailable: Something may be left; to be called again.
        """

    async def close(self) -> None:
        """Closes the connections."""
