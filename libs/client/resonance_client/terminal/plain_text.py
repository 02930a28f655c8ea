"""Other people's words, safe to be written to a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Without control characters, which could rewrite what the reader sees."""
    return "".join(character if character.isprintable() else " " for character in text)
