"""A predictor, a process of its own, with a model in force."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_modeling.artifact import Artifact
from tests.support.promoting import promote

START_S: Final = 60
STOP_S: Final = 15


@dataclass(frozen=True, slots=True)
class Predictor:
    """A running predictor.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        pid: Its process.
    """

    port: int
    pid: int


@contextmanager
def predictor(environment: Mapping[str, str], artifact: Artifact, folder: Path) -> Iterator[Predictor]:
    """Starts one, promotes a model, waits until it is in force, ends it.

    Args:
        environment: Variables that lead to broker and store, and to the keys where models are to be signed.
        artifact: The model.
        folder: For its log.
    """
    port = Ports().any()
    settings = {**environment, "RESONANCE_HTTP_PORT": str(port), "RESONANCE_INSTANCE": f"predictor-{port}"}
    command = [sys.executable, "-m", "resonance_predictor"]
    child = Child("predictor", command, settings, folder / f"predictor-{port}.log")
    child.start()
    try:
        asyncio.run(promote(artifact, environment))
        deadline = time.monotonic() + START_S
        while not _in_force(port, artifact.manifest.model_version):
            assert child.exit_status is None, child.last_words()
            assert time.monotonic() < deadline, f"the model did not come into force: {child.last_words()}"
            time.sleep(0.05)
        assert child.pid is not None, "it was started"
        yield Predictor(port, child.pid)
    finally:
        child.stop(STOP_S)


def _in_force(port: int, version: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=5):
            pass
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/anomaly_detection", timeout=5) as answer:
            versions: list[str] = json.loads(answer.read())["versions"]
            return versions[0] == version
    except (OSError, urllib.error.URLError):
        return False
