"""Measures the libraries of `servers.py`: messages a second on one core, and memory of an idle connection."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any, Final

from tests.bench import cores
from tests.bench.benchmark import Unmeasured
from tests.bench.gateway.clients import clients
from tests.bench.gateway.rate import Load, Sending
from tests.bench.usage import Meter, resident_bytes

_SETTLE_S: Final = 2.0
_TAIL_S: Final = 60


class Server:
    """One of them, a process of its own on the measured core."""

    def __init__(self, library: str) -> None:
        with cores.on(cores.measured()):
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.gateway.servers", library], stdout=subprocess.PIPE, text=True
            )
        self.port = int(self._line())

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        try:
            self._child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._child.pid

    def taken(self) -> int:
        """How many messages it took until now."""
        os.kill(self.pid, signal.SIGUSR1)
        return int(self._line())

    def _line(self) -> str:
        assert self._child.stdout is not None, "it is a pipe"
        line = self._child.stdout.readline()
        if not line:
            raise Unmeasured(f"A server ended with status {self._child.wait()}.")
        return line


def measured(library: str, load: Load, idle: int) -> dict[str, Any]:
    """One run of one library.

    Returns:
        per_second: Messages; cpu_us: Processor time for one, microseconds; bytes_each: Memory of an idle connection.
    """
    with Server(library) as server:
        bytes_each = _idle(server, idle)
        meter = Meter(server.pid)
        meter.look()
        with Sending(load, server.port) as sending:
            sent = sending.sent()
            deadline = time.monotonic() + _TAIL_S
            while (taken := server.taken()) < sent["sent"]:
                if time.monotonic() > deadline:
                    raise Unmeasured(f"{library} took {taken:,} of {sent['sent']:,} messages.")
                time.sleep(0.02)
            ended_s, used_s = time.time(), meter.total()
    return {
        "per_second": sent["sent"] / (ended_s - sent["began_s"]),
        "cpu_us": used_s / sent["sent"] * 1e6,
        "bytes_each": bytes_each,
    }


def _idle(server: Server, number: int) -> float:
    with cores.on(cores.others()):
        with clients(server.port, number // 10, acks=False):
            pass
        time.sleep(_SETTLE_S)
        before = resident_bytes(server.pid)
        with clients(server.port, number, acks=False):
            time.sleep(_SETTLE_S)
            return (resident_bytes(server.pid) - before) / number
