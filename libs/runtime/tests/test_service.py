"""How a service ends: with the right status, whatever its libraries left running."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

from resonance_contracts.topics import Service
from resonance_runtime.probes import HttpServer
from resonance_runtime.runtime import Runtime
from resonance_runtime.service import drain
from resonance_runtime.settings import RuntimeSettings

STUBBORN = """
import asyncio

from resonance_contracts.topics import Service
from resonance_runtime.service import run
from resonance_runtime.settings import RuntimeSettings


async def pass_over_being_cancelled():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


async def fail():
    await asyncio.sleep(0)
    raise ValueError("a part is broken")


left = []


def build(runtime):
    left.append(asyncio.create_task(pass_over_being_cancelled()))
    runtime.spawn("part", fail())
    return []


run(Service.PREDICTOR, RuntimeSettings, build)
"""


def test_a_failure_ends_the_process_although_a_task_cannot_be_cancelled() -> None:
    ended = subprocess.run([sys.executable, "-c", STUBBORN], capture_output=True, text=True, timeout=40)
    assert ended.returncode == 1
    assert "a part is broken" in ended.stdout + ended.stderr


class Stuck:
    """A part that does not stop."""

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Waits for what does not come."""
        await asyncio.Event().wait()


async def test_all_parts_together_have_the_drain_time_and_no_more() -> None:
    settings = RuntimeSettings(drain_s=0.5)
    runtime: Runtime[RuntimeSettings] = Runtime(Service.XAI, settings)
    http = HttpServer(Service.XAI, settings, runtime.health)
    await http.start([], [])
    began = time.monotonic()
    await drain(runtime, [Stuck(), Stuck(), Stuck(), Stuck()], http)
    assert time.monotonic() - began < 3 * settings.drain_s
