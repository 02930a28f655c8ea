"""MLServer with one model of scikit-learn, in an environment of its own, a process on the measured core."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from resonance_local.child import Child
from resonance_local.ports import Ports
from tests.bench import cores
from tests.bench.benchmark import Tell, Unmeasured
from tests.bench.peers import Peers, prepare

PROGRAM: Final = "mlserver_model.py"
REQUIREMENTS: Final = ("mlserver==1.7.*", "mlserver-sklearn==1.7.*")
MODEL: Final = "ocsvm"
INPUT: Final = "x"
WIDTH: Final = 14
START_S: Final = 60
STOP_S: Final = 15


def installed(folder: Path | None, tell: Tell) -> Peers | None:
    """Its environment; None, said so, where it cannot be had."""
    return prepare(folder, tell, "mlserver", REQUIREMENTS)


@contextmanager
def mlserver(peers: Peers, folder: Path) -> Iterator[tuple[int, int]]:
    """Starts it, waits until its model is ready, ends it.

    Args:
        folder: For its model and its log.

    Yields:
        Its port on 127.0.0.1, and its process.

    Raises:
        Unmeasured: It did not become ready.
    """
    models = folder / "mlserver"
    subprocess.run(peers.command(PROGRAM, str(models)), check=True, capture_output=True, timeout=START_S)
    choose = Ports()
    ports = {name: choose.any() for name in ("http_port", "grpc_port", "metrics_port")}
    settings = models / "settings.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text(encoding="utf-8")), **ports}), encoding="utf-8")
    command = [str(peers.python.parent / "mlserver"), "start", str(models)]
    child = Child("mlserver", command, {}, folder / "mlserver.log")
    with cores.on(cores.measured()), cores.first():
        child.start()
    try:
        deadline = time.monotonic() + START_S
        while not _ready(ports["http_port"]):
            if child.exit_status is not None or time.monotonic() > deadline:
                raise Unmeasured(f"MLServer did not become ready:\n{child.last_words()}")
            time.sleep(0.05)
        assert child.pid is not None, "it was started"
        yield ports["http_port"], child.pid
    finally:
        child.stop(STOP_S)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/models/{MODEL}/ready", timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False
