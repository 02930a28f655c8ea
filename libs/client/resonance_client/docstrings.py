"""Docstrings taken apart, for the pages that are made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

SECTIONS: Final = ("Args", "Attributes", "Returns", "Yields", "Raises")
NAMELESS: Final = ("Returns", "Yields")
"""Sections whose entries have no name."""
_TITLE: Final = re.compile(rf"^({'|'.join(SECTIONS)}):$")

Entry = tuple[str, str]
"""A name, "" where the section has none, and what is said of it."""


def prose(docstring: str) -> list[str]:
    """Lines before the first section, of a docstring without its indentation."""
    lines = docstring.splitlines()
    return lines[: next((i for i, line in enumerate(lines) if _TITLE.match(line)), len(lines))]


def sections(docstring: str) -> Iterator[tuple[str, list[Entry]]]:
    """Its sections, in order, each with its entries."""
    title, entries = "", list[Entry]()
    for line in [*docstring.splitlines(), "End:"]:
        if line and not line.startswith(" "):
            if title:
                yield title, entries
            title, entries = (match[1] if (match := _TITLE.match(line)) else ""), []
        elif title and line.startswith("    ") and not line.startswith("     "):
            name, colon, says = line.strip().partition(": ")
            entries.append(("", line.strip()) if title in NAMELESS or not colon else (name, says))
        elif title and line and entries:
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}")
