"""Texts without personal data and secrets: for good, or with placeholders that can be undone."""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Callable, Collection
from typing import Final

from resonance_privacy.finding import Kind, Span, find

_LETTERS: Final = "bcdfghjklmnpqrst"
"""Placeholders have no digits, so that nobody takes them for a number, and no vowels, so that they are no words."""

CODE_LENGTH: Final = 10
"""Letters of a placeholder: 40 bits."""


def redacted(text: str, kinds: Collection[Kind] = frozenset(Kind)) -> str:
    """The text with `[email]` in the place of an e-mail address, and so on; characters that cannot be seen are gone."""
    return replaced(text, lambda _, kind: f"[{kind}]", kinds)


def replaced(text: str, instead: Callable[[str, Kind], str], kinds: Collection[Kind] = frozenset(Kind)) -> str:
    """The text with something else in the place of everything that is found.

    Args:
        text: Any text.
        instead: Gives what stands there, for what stood there.
        kinds: What is looked for.
    """
    seen = without_invisible(text)
    parts: list[str] = []
    done = 0
    for span in find(seen):
        if span.kind in kinds:
            parts += [seen[done : span.start], instead(_of(seen, span), span.kind)]
            done = span.end
    return "".join([*parts, seen[done:]])


def without_invisible(text: str) -> str:
    """Without format characters (zero-width, bidirectional), surrogates and private use: they hide what is there."""
    if text.isascii():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))


def _of(text: str, span: Span) -> str:
    return text[span.start : span.end]


class Pseudonyms:
    """Placeholders: the same for the same thing wherever the same key is, so that it can be spoken of.

    Args:
        key: Secret; who does not have it cannot find out what a placeholder stands for by trying.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, value: str, kind: str) -> str:
        """The placeholder of a value, as "<email:bcdfghjklm>"."""
        digest = hmac.digest(self._key, f"{kind}\0{value}".encode("utf-8", "replace"), "sha256")
        code = "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in digest[: CODE_LENGTH // 2])
        return f"<{kind}:{code}>"
