"""Tables in Markdown, and pages that programs write parts of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path


def table(lines: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table, the first of which is its head."""
    for number, line in enumerate(lines):
        yield f"| {' | '.join(line)} |"
        if number == 0:
            yield "|" + "---|" * len(line)


def put(page: Path, begin: str, end: str, text: str) -> None:
    """Puts text into a page, in place of what stands between two marks.

    Raises:
        ValueError: The page has not both of them.
    """
    before, first, rest = page.read_text(encoding="utf-8").partition(begin)
    _, last, after = rest.partition(end)
    if not first or not last:
        raise ValueError(f"{page} has no place between {begin!r} and {end!r}.")
    page.write_text(f"{before}{begin}{text}{end}{after}", encoding="utf-8")
