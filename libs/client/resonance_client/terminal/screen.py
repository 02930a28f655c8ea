"""Where commands write: a terminal with a live line of progress, or plain lines."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

PLAIN_EVERY_S: Final = 5.0


class Screen(Protocol):
    """What commands need of the place they write to."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def progress(self, stage: str, text: str, share: float | None = None) -> None:
        """What is going on: the stage, how it is, and how much of it is done (0 to 1; None where unknown)."""

    def line(self, text: str, style: str = "") -> None:
        """One line that stays."""


class Terminal:
    """A line of progress at the bottom, all else above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.fields[stage]}"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def progress(self, stage: str, text: str, share: float | None = None) -> None:
        """See Screen."""
        total = None if share is None else 1.0
        if self._task is None:
            self._task = self._progress.add_task(text, total=total, stage=stage)
        self._progress.update(self._task, description=text, total=total, completed=share or 0.0, stage=stage)

    def line(self, text: str, style: str = "") -> None:
        """See Screen. Markup is not interpreted: user ids are other people's words."""
        self._console.print(Text(_printable(text), style=style))


class PlainLines:
    """Lines for files and pipes; progress now and then, and at each new stage."""

    def __init__(self) -> None:
        self._stage = ""
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def progress(self, stage: str, text: str, share: float | None = None) -> None:
        """See Screen."""
        if stage == self._stage and time.monotonic() < self._next:
            return
        self._stage, self._next = stage, time.monotonic() + PLAIN_EVERY_S
        percent = "" if share is None else f" {share:.0%}"
        self.line(f"{stage}:{percent} {text}")

    def line(self, text: str, style: str = "") -> None:
        """See Screen."""
        sys.stdout.write(f"{_printable(text)}\n")
        sys.stdout.flush()


def _printable(text: str) -> str:
    """Without control characters, which could rewrite what the reader sees."""
    return "".join(character if character.isprintable() else " " for character in text)


def screen_for(console: Console) -> Screen:
    """A terminal's screen on a terminal, plain lines elsewhere."""
    return Terminal(console) if console.is_terminal else PlainLines()
