"""One gateway, a process of its own on the measured core."""

from __future__ import annotations

import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from resonance_local.child import Child
from resonance_local.ports import Ports
from tests.bench import cores
from tests.bench.benchmark import Unmeasured
from tests.bench.gateway.environment import ENVIRONMENT
from tests.bench.usage import Meter, resident_bytes

START_S: Final = 60
STOP_S: Final = 30
LOOK_S: Final = 0.05


class Process:
    """A running gateway.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        pid: Its process.
    """

    def __init__(self, child: Child, port: int) -> None:
        assert child.pid is not None, "the child was started"
        self._child = child
        self.port = port
        self.pid = child.pid

    def meter(self) -> Meter:
        """A meter of its processor time."""
        return Meter(self.pid)

    def resident_bytes(self) -> int:
        """Memory of it that is in RAM, bytes."""
        try:
            return resident_bytes(self.pid)
        except OSError as error:
            raise Unmeasured(f"The gateway is gone:\n{self._child.last_words()}") from error

    def metric(self, name: str) -> float:
        """Sum of a metric over its labels."""
        return self.metrics((name,))[name]

    def metrics(self, names: tuple[str, ...]) -> dict[str, float]:
        """Sums of some metrics over their labels, of one moment."""
        text = self._get("/metrics")
        sums = dict.fromkeys(names, 0.0)
        for line in text.splitlines():
            name = re.match(r"[a-z_]+", line)
            if name is not None and name[0] in sums:
                sums[name[0]] += float(line.rsplit(" ", 1)[1])
        return sums

    def ready(self) -> bool:
        """Whether it is ready; raises Unmeasured where it has ended."""
        if self._child.exit_status is not None:
            raise Unmeasured(f"The gateway ended with status {self._child.exit_status}:\n{self._child.last_words()}")
        try:
            self._get("/readyz")
        except (OSError, urllib.error.URLError):
            return False
        return True

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read().decode())


@contextmanager
def gateway(environment: Mapping[str, str]) -> Iterator[Process]:
    """Starts one, waits until it is ready, ends it.

    Args:
        environment: Variables beside those that every benchmark sets.

    Raises:
        Unmeasured: It did not become ready.
    """
    with tempfile.TemporaryDirectory() as folder:
        port = Ports().any()
        settings = {
            "RESONANCE_HTTP_PORT": str(port),
            **ENVIRONMENT,
            **environment,
        }
        child = Child("gateway", [sys.executable, "-m", "resonance_gateway"], settings, Path(folder) / "gateway.log")
        with cores.on(cores.measured()):
            child.start()
        try:
            process = Process(child, port)
            _await_ready(process, child)
            yield process
        finally:
            child.stop(STOP_S)


def _await_ready(process: Process, child: Child) -> None:
    deadline = time.monotonic() + START_S
    while not process.ready():
        if time.monotonic() > deadline:
            raise Unmeasured(f"The gateway was not ready after {START_S} s:\n{child.last_words()}")
        time.sleep(LOOK_S)
