"""What commands write to standard output: lines, JSON, and tables that fit where they are read."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from resonance_client.terminal.plain_text import printable


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """One line of JSON, at once."""
    say(json.dumps(value, ensure_ascii=False))


def note(sentence: str) -> None:
    """A sentence beside the output, on standard error."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


class Cell(NamedTuple):
    """A text of a table that has a style on a terminal."""

    text: str
    style: str = ""


def table(head: Sequence[str], rows: Iterable[Sequence[str | Cell]], whole: Sequence[str] = ()) -> None:
    """Rows under a head: on a terminal within its width, elsewhere a line a row, whatever its length.

    Args:
        head: Names of the columns.
        rows: Texts of the columns, never markup.
        whole: Columns that are never cut, such as those of ids: others give way.
    """
    cells = [[Cell(one) if isinstance(one, str) else one for one in row] for row in rows]
    if sys.stdout.isatty():
        _draw(head, cells, whole)
        return
    lines = [[name.upper() for name in head], *([printable(cell.text) for cell in row] for row in cells)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        say("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _draw(head: Sequence[str], rows: Iterable[Sequence[Cell]], whole: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in head:
        drawn.add_column(name.upper(), no_wrap=name in whole, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(printable(cell.text), style=cell.style) for cell in row))
    Console(highlight=False).print(drawn)


def when(time_us: int) -> str:
    """A time, UTC."""
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def lasted(seconds: float) -> str:
    """A span of time in short, as 45s, 12m, 3h, 2d."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(0.0, seconds):.0f}s"
