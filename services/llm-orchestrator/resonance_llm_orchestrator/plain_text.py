"""Strings from outside, made safe to show and to quote."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LINK: Final = re.compile(r"://|\bwww\.|\bmailto:", re.IGNORECASE)


def leads_elsewhere(text: str) -> bool:
    """Whether a text holds a link, or what mail and chat programs make one of."""
    return _LINK.search(text) is not None


def plain(text: str, longest: int) -> str:
    """One line of printable characters, at most `longest` of them.

    Control, format (bidirectional overrides, zero-width), surrogate and private-use characters are taken out,
    every run of white space becomes one space, and what is cut off is marked by an ellipsis.
    """
    if not text.isprintable():  # what is printable has nothing that would be taken out, and is most of what there is
        kept = (" " if c.isspace() else c for c in text if c.isspace() or not unicodedata.category(c).startswith("C"))
        text = "".join(kept)
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
