"""Where commands write: a terminal with a live line of progress, or plain lines."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from resonance_client.terminal.plain_text import printable

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
    """A line of progress at the bottom, all else above it.

    Args:
        console: The terminal.
        alone: Whether it has nothing of standard output, which goes elsewhere.
    """

    def __init__(self, console: Console, *, alone: bool = False) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.fields[stage]}"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=not alone,
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
        self._console.print(Text(printable(text), style=style))


class PlainLines:
    """Lines for files and pipes; progress beside them on standard error.

    Args:
        beside: Console of standard error: on a terminal progress is a line at its bottom, else a line now and then.
        lines_beside: Whether lines go to standard error, too, because standard output is for JSON.
    """

    def __init__(self, beside: Console, *, lines_beside: bool = False) -> None:
        self._bar = Terminal(beside, alone=True) if beside.is_terminal else None
        self._lines_beside = lines_beside
        self._stage = ""
        self._next = 0.0

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)

    def progress(self, stage: str, text: str, share: float | None = None) -> None:
        """See Screen."""
        if self._bar is not None:
            self._bar.progress(stage, text, share)
            return
        if stage == self._stage and time.monotonic() < self._next:
            return
        self._stage, self._next = stage, time.monotonic() + PLAIN_EVERY_S
        percent = "" if share is None else f" {share:.0%}"
        _write(sys.stderr, f"{stage}:{percent} {text}")

    def line(self, text: str, style: str = "") -> None:
        """See Screen."""
        if self._lines_beside and self._bar is not None:
            self._bar.line(text, style)
        else:
            _write(sys.stderr if self._lines_beside else sys.stdout, text)


def _write(stream: TextIO, text: str) -> None:
    stream.write(f"{printable(text)}\n")
    stream.flush()


def screen_for(*, lines_beside: bool = False) -> Screen:
    """A terminal's screen where standard output is one, plain lines elsewhere; `lines_beside` as of `PlainLines`."""
    console, beside = Console(highlight=False), Console(highlight=False, stderr=True)
    if console.is_terminal and not lines_beside:
        return Terminal(console)
    return PlainLines(beside, lines_beside=lines_beside)
