"""A crowd that another program steers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.crowd.people import Crowd


@dataclass(frozen=True, slots=True)
class Account:
    """What is kept of one connection.

    Attributes:
        user: Who it was.
        source: What the gateway called it; empty if it never was ready.
        sent: Tracked frames that were written.
        acked: Of them, those that the gateway said are stored.
        refused: Frames that were answered with an error, by its code.
        ended: How it ended; "closed 1000" after a farewell.
    """

    user: str
    source: str
    sent: int
    acked: int
    refused: dict[str, int]
    ended: str


class CrowdProcess:
    """Runs a crowd in a process of its own; use as `with`.

    Args:
        crowd: Who, and how much.
        port: Of the gateway.
        secret: The gateway's JWT secret.
    """

    def __init__(self, crowd: Crowd, port: int, secret: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="resonance-crowd-")
        self._ledger = Path(self._folder.name) / "ledger.jsonl"
        command = [
            sys.executable, "-m", "tests.crowd", "--port", str(port), "--users", str(crowd.users),
            "--online", str(crowd.online), "--rate", str(crowd.rate), "--session-s", str(crowd.session_s),
            "--misbehave-s", str(crowd.misbehave_s), "--abrupt", str(crowd.abrupt), "--prefix", crowd.prefix,
            "--seed", str(crowd.seed), "--ledger", str(self._ledger), *([] if crowd.forwarded else ["--one-address"]),
        ]  # fmt: skip
        environment = os.environ | {"RESONANCE_JWT_SECRET": secret}
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._latest: dict[str, Any] = {}
        self._news = threading.Condition()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin is not None, "it is a pipe"
        self._child.stdin.close()
        try:
            self._child.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reading.join()
        assert self._child.stdout is not None, "it is a pipe"
        self._child.stdout.close()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._child.pid

    def report(self) -> dict[str, Any]:
        """The newest report; empty before the first."""
        with self._news:
            return self._latest

    def until_full(self, within_s: float) -> None:
        """Waits until as many are online as should be; TimeoutError if they are not in time."""
        with self._news:
            if not self._news.wait_for(lambda: self._latest.get("full", False), within_s):
                raise TimeoutError(f"The crowd is not complete after {within_s:.0f} s: {self._latest}.")

    def rate(self, rate: float) -> None:
        """Changes the frames a second of all together."""
        self._say(f"rate {rate}")

    def hold(self, online: int) -> None:
        """From now on so many are online, each as lively as before."""
        self._say(f"online {online}")

    def end(self) -> dict[str, Any]:
        """Lets everybody go; the last report."""
        self._say("end")
        with self._news:
            if not self._news.wait_for(lambda: self._latest.get("ended", False), 60):
                raise TimeoutError("The crowd did not end.")
            return self._latest

    def accounts(self) -> list[Account]:
        """All connections, once it ended."""
        return [Account(**json.loads(line)) for line in self._ledger.read_text(encoding="utf-8").splitlines()]

    def _say(self, words: str) -> None:
        assert self._child.stdin is not None, "it is a pipe"
        self._child.stdin.write(words + "\n")
        self._child.stdin.flush()

    def _read(self) -> None:
        assert self._child.stdout is not None, "it is a pipe"
        for line in self._child.stdout:
            with self._news:
                self._latest = json.loads(line)
                self._news.notify_all()
