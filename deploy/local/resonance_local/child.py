"""A child process that ends with us, and that we end by its id."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1
TAIL_LINES: Final = 15


@dataclass(slots=True)
class Child:
    """A program we started.

    Attributes:
        name: What it is, for people.
        command: Program and arguments.
        environment: Variables beside ours.
        log: File with what it prints.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Starts it in a session of its own, so that Ctrl-C reaches us alone and we end things in order."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the programs are our own parts
                list(self.command),
                env={**os.environ, **self.environment},
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # no threads are started before
            )

    @property
    def pid(self) -> int | None:
        """Process id, None before the start."""
        return None if self._process is None else self._process.pid

    @property
    def exit_status(self) -> int | None:
        """Exit status, None while it runs."""
        return None if self._process is None else self._process.poll()

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """SIGKILL, and waits until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, patience_s: float) -> None:
        """SIGTERM, and SIGKILL for one that is still there after the patience."""
        self.ask_to_stop()
        deadline = time.monotonic() + patience_s
        while self.exit_status is None and self._process is not None:
            if time.monotonic() > deadline:
                self.kill()
                return
            time.sleep(0.02)

    def last_words(self) -> str:
        """The end of its log."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        except OSError:
            return ""
        return "\n".join(map(_readable, lines))


def _readable(line: str) -> str:
    """A line of a JSON log in short; any other line as it is."""
    try:
        entry = json.loads(line)
        fault = str(entry.get("exception", "")).strip().rsplit("\n", 1)[-1] or str(entry.get("reason", ""))
        return f"  {entry['time'][11:19]} {entry['level']} {entry['message']}{': ' if fault else ''}{fault}"
    except (ValueError, KeyError, AttributeError, TypeError):
        return line


def _end_with_parent() -> None:
    """Runs in the child: the kernel ends it when we are killed and can not."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
