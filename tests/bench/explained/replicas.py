"""xai as it is deployed: processes that are started again when they die."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from resonance_local.child import Child
from resonance_local.ports import Ports
from tests.bench.benchmark import Unmeasured

START_S: Final = 120
STOP_S: Final = 20
AGAIN_S: Final = 0.1
"""A container engine lets so much pass before it first starts again what died."""


@contextmanager
def replicas(environment: Mapping[str, str], count: int, folder: Path) -> Iterator[list[Child]]:
    """Starts them, waits until all are ready, ends them. Raises Unmeasured where one does not become ready."""
    with ExitStack() as running:
        children = []
        for number in range(count):
            settings = {
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
                # An image has its sources compiled: here the first start does it.
                "PYTHONDONTWRITEBYTECODE": "",
                **environment,
                "RESONANCE_HTTP_PORT": str(Ports().any()),
                "RESONANCE_INSTANCE": f"xai-{number}",
                # As `host` in a container.
                "RESONANCE_KAFKA_MEMBER": f"xai-{number}",
            }
            child = Child("xai", [sys.executable, "-m", "resonance_xai"], settings, folder / f"xai-{number}.log")
            child.start()
            running.callback(child.stop, STOP_S)
            children.append(child)
        for child in children:
            await_ready(child)
        yield children


def await_ready(child: Child) -> None:
    """Waits until it is ready. Raises Unmeasured where it does not become so."""
    deadline = time.monotonic() + START_S
    while not _ready(child):
        if child.exit_status is not None or time.monotonic() > deadline:
            raise Unmeasured(f"xai did not become ready:\n{child.last_words()}")
        time.sleep(0.05)


def kill_and_start_again(child: Child) -> float:
    """SIGKILL; it is started again as soon as a container engine would. When that was, seconds since the epoch."""
    killed_s = time.time()
    child.kill()
    time.sleep(AGAIN_S)
    child.start()
    return killed_s


def said(child: Child, messages: Sequence[str], since_s: float) -> dict[str, float]:
    """How long after a moment its log first says each of these, seconds; those that it does not say are left out."""
    found: dict[str, float] = {}
    for line in child.log.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        at_s = _seconds(str(entry.get("time", "")))
        message = str(entry.get("message", ""))
        if at_s is not None and at_s >= since_s and message in messages:
            found.setdefault(message, at_s - since_s)
    return found


def _seconds(text: str) -> float | None:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _ready(child: Child) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{child.environment['RESONANCE_HTTP_PORT']}/readyz", timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False
