"""When a service says it is ready: not before its last part is."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack

pytestmark = pytest.mark.embedded

DEADLINE_S = 120

LATE = """
import asyncio
import sys
from pathlib import Path

from resonance_contracts.topics import Service
from resonance_runtime.service import run
from resonance_runtime.settings import RuntimeSettings

folder = Path(sys.argv[1])


class Late:
    async def start(self):
        (folder / "starting").touch()
        while not (folder / "go").exists():
            await asyncio.sleep(0.02)

    async def stop(self):
        pass


run(Service.GATEWAY, RuntimeSettings, lambda runtime: [Late()])
"""


def readiness(port: int) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:  # a loopback address of ours
            return answer.status, ""
    except HTTPError as refused:
        return refused.code, refused.read().decode()


def test_a_service_is_not_ready_before_its_last_part_is_started(parts: Stack, tmp_path: Path) -> None:
    port = Ports().any()
    environment = {**parts.environment, "RESONANCE_HTTP_PORT": str(port), "RESONANCE_INSTANCE": "late"}
    child = Child("late", [sys.executable, "-c", LATE, str(tmp_path)], environment, tmp_path / "log")
    child.start()
    deadline = time.monotonic() + DEADLINE_S
    try:
        while not (tmp_path / "starting").exists():
            assert child.exit_status is None and time.monotonic() < deadline, child.last_words()
            time.sleep(0.02)
        status, why = readiness(port)
        assert status == 503 and "not started yet" in why
        (tmp_path / "go").touch()
        while readiness(port)[0] != 200:
            assert time.monotonic() < deadline, child.last_words()
            time.sleep(0.02)
    finally:
        child.kill()
