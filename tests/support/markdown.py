"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def table(lines: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table, the first of which is its head."""
    for number, line in enumerate(lines):
        yield f"| {' | '.join(line)} |"
        if number == 0:
            yield "|" + "---|" * len(line)
