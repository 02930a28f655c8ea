"""Strings from outside, made safe to show and to quote."""

from __future__ import annotations

import unicodedata


def plain(text: str, longest: int) -> str:
    """One line of printable characters, at most `longest` of them.

    Control, format (bidirectional overrides, zero-width), surrogate and private-use characters are taken out,
    every run of white space becomes one space, and what is cut off is marked by an ellipsis.
    """
    kept = (" " if c.isspace() else c for c in text if c.isspace() or not unicodedata.category(c).startswith("C"))
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
