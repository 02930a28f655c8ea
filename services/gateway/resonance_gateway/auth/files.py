"""Files that are read again when they change: sets of keys and API keys."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from resonance_runtime.errors import SettingsError
from resonance_runtime.health import Health

log = logging.getLogger(__name__)

MAX_BYTES: Final = 1_048_576
LOOK_S: Final = 2.0

_Mark = tuple[int, int, int]


class WatchedFile:
    """One file whose content is in force.

    Args:
        variable: The setting that names it, for sentences.
        path: Where it is.
        take: Puts a content in force; raises ValueError with a sentence, without its full stop, where it is wrong.
        health: Told while the file cannot be read again; what was in force stays.
    """

    def __init__(self, variable: str, path: Path, take: Callable[[bytes], None], health: Health) -> None:
        self._variable = variable
        self._path = path
        self._take = take
        self._health = health
        self._mark: _Mark | None = None

    def load(self) -> None:
        """Reads the file for the first time.

        Raises:
            SettingsError: It cannot be read, or is wrong.
        """
        try:
            mark = self._look()
            self._take(self._read())
        except (OSError, ValueError) as fault:
            raise SettingsError(f"{self._variable} is {str(self._path)!r}, {_said(fault)}.") from fault
        self._mark = mark

    async def look(self) -> None:
        """Reads the file again if it changed, or could not be read before."""
        try:
            mark = self._look()
            if mark == self._mark:
                return
            self._take(await asyncio.to_thread(self._read))
        except (OSError, ValueError) as fault:
            self._mark = None
            self._health.degraded(
                self._variable, f"{self._variable} is {_said(fault)}; what it said before stays in force."
            )
            return
        self._mark = mark
        self._health.clear(self._variable)
        log.info("a file was read again", extra={"variable": self._variable})

    async def watch(self) -> None:
        """Looks again and again; does not return."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    def _look(self) -> _Mark:
        """What is different after a change: also where a link was pointed at another file."""
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> bytes:
        with self._path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"at most {MAX_BYTES} bytes were expected")
        return content


def _said(fault: Exception) -> str:
    if isinstance(fault, OSError):
        return f"a file that cannot be read: {fault.strerror or type(fault).__name__}"
    return f"a file with a mistake: {fault}"
