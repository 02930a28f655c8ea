"""The board of open incidents, as a live table that fits the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from resonance_client.alerts.board import Board, Line
from resonance_client.terminal.plain_text import printable
from resonance_client.terminal.words import STYLES, clock

FRAMES_A_SECOND: Final = 4
AROUND: Final = 11
"""Lines that are no incidents: the head, the foot and the newest incident's words."""
LEAST_ROWS: Final = 3
WORDS: Final = 5


class BoardView:
    """Draws a board again and again; use as `with`.

    Args:
        board: What is drawn; it may change at any time.
        gateway: Address of the gateway, for the foot.
        console: The terminal.
        connected: Whether what is drawn is kept current.
    """

    def __init__(
        self, board: Board, gateway: str, console: Console, connected: Callable[[], bool] = lambda: True
    ) -> None:
        self._board = board
        self._gateway = gateway
        self._console = console
        self._connected = connected
        self._live = Live(console=console, get_renderable=self.draw, refresh_per_second=FRAMES_A_SECOND, screen=True)

    def __enter__(self) -> None:
        self._live.start(refresh=True)

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def draw(self) -> RenderableType:
        """The table of incidents, and the words of the newest."""
        lines = self._board.open()
        room = max(LEAST_ROWS, self._console.height - AROUND)
        parts: list[RenderableType] = [self._table(lines[:room]) if lines else Text("No incident is open.")]
        if len(lines) > room:
            parts.append(Text(f"and {len(lines) - room} more", style="dim"))
        if (newest := self._board.newest()) is not None and newest.why:
            parts.append(self._words(newest))
        where = self._gateway if self._connected() else f"{self._gateway} does not answer, trying again"
        foot = f"{len(lines)} open, {self._board.resolved} over; {where}; {time.strftime('%H:%M:%S')}; Ctrl-C ends"
        parts.append(Text(foot, style="dim"))
        return Group(*parts)

    def _table(self, lines: list[Line]) -> RenderableType:
        drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=True)
        for name, whole in (("SEVERITY", True), ("OPENED", True), ("WHO", False), ("KIND", True), ("VECTORS", True)):
            drawn.add_column(name, no_wrap=whole, overflow="ellipsis")
        drawn.add_column("WHY", no_wrap=True, overflow="ellipsis", ratio=1)
        drawn.add_column("INCIDENT", no_wrap=True, overflow="ellipsis", max_width=35)
        for line in lines:
            alert = line.alert
            shown = (alert.severity, clock(alert.opened_us), alert.who, alert.kind, str(alert.vectors))
            said = f"[{line.verdict}] " if line.verdict else ""
            why = Text(printable(said + " ".join(line.why.split())), no_wrap=True)
            first, *others = (Text(printable(text)) for text in shown)
            first.stylize(STYLES.get(alert.severity, ""))
            drawn.add_row(first, *others, why, Text(printable(alert.alert_id)))
        return drawn

    def _words(self, line: Line) -> RenderableType:
        text = Text(printable(" ".join(line.why.split())))
        width = max(20, self._console.width - 4)
        shown = text.wrap(self._console, width)[:WORDS]
        return Panel(Group(*shown), title=Text(printable(f"{line.alert.who}: {line.alert.kind}")), title_align="left")
