"""The three services that an alert goes through, each a process of its own, on all cores."""

from __future__ import annotations

import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from resonance_local.child import Child
from resonance_local.ports import Ports
from tests.bench.benchmark import Unmeasured
from tests.bench.gateway.environment import ENVIRONMENT

START_S: Final = 120
STOP_S: Final = 20
NAMES: Final = ("gateway", "feature-extractor", "predictor")

# The one rule there is: its alert comes of a vector, and of no other user's.
KIND: Final = "large_messages"
LARGE: Final = 4000
RULES: Final = f"rules:\n  - kind: {KIND}\n    severity: high\n    when: [avg_message_size >= {LARGE}]\n"


@contextmanager
def services(environment: Mapping[str, str]) -> Iterator[dict[str, Child]]:
    """Starts them, waits until all are ready, ends them.

    Yields:
        Their processes by name; the gateway's environment has its port in RESONANCE_HTTP_PORT.

    Raises:
        Unmeasured: One did not become ready.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        rules = Path(folder) / "rules.yaml"
        rules.write_text(RULES, encoding="utf-8")
        children = {}
        for name in NAMES:
            settings = {
                "RESONANCE_HTTP_PORT": str(Ports().any()),
                **ENVIRONMENT,
                "RESONANCE_RULES_FILE": str(rules),
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
                **environment,
            }
            command = [sys.executable, "-m", f"resonance_{name.replace('-', '_')}"]
            child = children[name] = Child(name, command, settings, Path(folder) / f"{name}.log")
            child.start()
            running.callback(child.stop, STOP_S)
        for child in children.values():
            _await_ready(child)
        yield children


def port_of(child: Child) -> int:
    """Where a service listens, on 127.0.0.1."""
    return int(child.environment["RESONANCE_HTTP_PORT"])


def _await_ready(child: Child) -> None:
    deadline = time.monotonic() + START_S
    while True:
        if child.exit_status is not None or time.monotonic() > deadline:
            raise Unmeasured(f"A service did not become ready:\n{child.last_words()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port_of(child)}/readyz", timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
