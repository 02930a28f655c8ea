"""Every alert fires for real: `python -m tests.alarms`.

First promtool on the rules as they are written; then the Compose stack with rules whose time runs faster, and faults.
With --document it writes docs/operations/alerts.md. The exit status is 1 where an alert did not come to its receiver,
was not over after the repair, its link did not answer, or a step of its runbook did not print what it says.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from tests.alarms import document, files, plan
from tests.alarms.course import Course, Row
from tests.alarms.faults import World
from tests.alarms.rules import promtool_says
from tests.alarms.scene import Scene
from tests.alarms.table import lines, wrong
from tests.alarms.traffic import Traffic
from tests.compose.stack import Stack, docker, free_ports, running

BEFORE_S = 12.0


def main(arguments: Sequence[str]) -> int:
    """Plays all phases, or those that are named: apart, late, gone."""
    if said := promtool_says(files.ROOT):
        print(said, file=sys.stderr)
        return 1
    print("promtool: every rule is right, and fires and keeps silent where its tests say.")
    if docker("info").returncode:
        print("No container engine answers, so no alert fired for real. Install and start Docker.", file=sys.stderr)
        return 2
    phases = [name for name in arguments if not name.startswith("--")]
    with tempfile.TemporaryDirectory(prefix="resonance-alarms-") as folder:
        files.write(Path(folder))
        stack = Stack(files.ROOT, files=("docker-compose.ml.yml", "tests/alarms/stack.yml"))
        (outside_port,) = free_ports(1)
        os.environ |= {
            "ALARMS_FOLDER": folder,
            "ALARMS_OUTSIDE_PORT": str(outside_port),
            "PROMETHEUS_URL": stack.url("PROMETHEUS_PORT"),
            "ALERTMANAGER_URL": stack.url("ALERTMANAGER_PORT"),
        }
        # Whoever ends this program has the stack removed, too.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        print(f"Building and starting {stack.project}.", flush=True)
        rows: list[Row] = []
        with running(stack):
            try:
                asyncio.run(_play(stack, Path(folder), outside_port, phases, rows))
            finally:
                print("\n".join(lines(rows)), flush=True)
    faults = list(wrong(rows))
    print("\n".join(faults), file=sys.stderr)
    if "--document" in arguments:
        document.write(rows)
    return 1 if faults else 0


async def _play(stack: Stack, folder: Path, outside_port: int, phases: Sequence[str], rows: list[Row]) -> None:
    began = time.monotonic()

    def tell(sentence: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {sentence}", flush=True)

    timeout = aiohttp.ClientTimeout(total=10)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
        scene = Scene(stack, folder, http, outside_port)
        listening = asyncio.create_task(scene.listen())
        await scene.behave(hook="failing", notified="failing")
        traffic = Traffic(scene)
        traffic.start()
        course = Course(World(scene, traffic), tell, rows)
        try:
            await asyncio.sleep(BEFORE_S)
            for name in phases or plan.PHASES:
                # Until there is a model, xai has nothing to explain, and says so.
                traffic.explain = name != "apart"
                await asyncio.gather(*(course.lane(lane) for lane in plan.PHASES[name]))
        finally:
            await traffic.stop()
            listening.cancel()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
