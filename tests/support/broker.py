"""A broker of a test's own, in memory."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from resonance_local import parts
from resonance_local.child import Child
from resonance_local.ports import Ports

DEADLINE_S: Final = 20


@contextmanager
def embedded_broker() -> Iterator[str]:
    """Address of a broker, as host:port; it is ended by its process."""
    with broker_process() as (address, _):
        yield address


@contextmanager
def broker_process() -> Iterator[tuple[str, Child]]:
    """The same, with its process for those who hold it."""
    with tempfile.TemporaryDirectory() as folder:
        port = Ports().any()
        broker = parts.broker(port, Path(folder))
        broker.start()
        try:
            deadline = time.monotonic() + DEADLINE_S
            while not parts.answers(port):
                assert broker.exit_status is None, broker.last_words()
                assert time.monotonic() < deadline, "the broker did not start"
                time.sleep(0.01)
            yield f"127.0.0.1:{port}", broker
        finally:
            broker.stop(1)
