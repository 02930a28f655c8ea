"""A gateway in front of a backend, as a process of its own."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from resonance_local.child import Child
from resonance_local.ports import Ports

START_S: Final = 60
STOP_S: Final = 15


@contextmanager
def gateway(environment: Mapping[str, str], upstream: str, folder: Path) -> Iterator[tuple[str, Child]]:
    """Address of a gateway, as host:port, and its process.

    Args:
        environment: Addresses of the broker and the rest.
        upstream: Address of the backend.
        folder: For its log.
    """
    port = Ports().any()
    settings = {
        **environment,
        "RESONANCE_HTTP_PORT": str(port),
        "RESONANCE_INSTANCE": f"gateway-{port}",
        "RESONANCE_RATE": "10000",
        "RESONANCE_BURST": "10000",
        "UPSTREAM": upstream,
    }
    child = Child("gateway", [sys.executable, "-m", "resonance_gateway"], settings, folder / f"gateway-{port}.log")
    child.start()
    try:
        deadline = time.monotonic() + START_S
        while not _ready(port):
            assert child.exit_status is None, child.last_words()
            assert time.monotonic() < deadline, f"not ready: {_reasons(port)} {child.last_words()}"
            time.sleep(0.02)
        yield f"127.0.0.1:{port}", child
    finally:
        child.stop(STOP_S)


def _reasons(port: int) -> str:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
    except urllib.error.HTTPError as answer:
        return answer.read().decode()
    except OSError as fault:
        return str(fault)
    return ""


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False
