"""A gateway with an evening's incidents, for looking at the console without a broker.

The gateway is the real one, and what it asks is answered by the orchestrator's own code on a real Redis; records come
from `planted` in place of the topics. Standard output gets one line of JSON: address and tokens. Standard input takes
lines, each answered with one: `raise {"person": …, "kind": …, "note": …}`, `flood RATE`, `stop`, `start`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import jwt
from aiohttp import web

from resonance_gateway.rest.problems import problems
from tests.console import figures, planted
from tests.console.scene import SECOND_US, SECRET, Stage
from tests.support.redis_server import RedisServer

ROLES: Final = ("viewer", "operator", "admin")


async def main(port: int) -> None:
    """Serves until standard input ends, or somebody ends it."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _task().cancel)
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder))
        redis.start()
        try:
            await serve(redis.url, port)
        finally:
            redis.kill()


async def serve(redis_url: str, port: int) -> None:
    """Plants the evening, says where it serves, and obeys."""
    stage = Stage(redis_url)
    stage.gateway.caught_up.set()
    runner, port = await listen(stage, port)
    for _, person, kind, severity, opened_us, resolved_us in planted.evening(time.time_ns() // 1000):
        await stage.plant(person, kind, severity, opened_us, resolved_us)
    figures.train(stage.take)
    reporting = asyncio.create_task(reports(stage))
    expires = time.time() + 7200
    tokens = {
        role: jwt.encode({"sub": f"{role}-of-the-stage", "exp": expires, "roles": [role]}, SECRET, "HS256")
        for role in ROLES
    }
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "tokens": tokens}), flush=True)
    try:
        await obey(stage, runner, port)
    finally:
        reporting.cancel()
        await stage.index.close()


async def listen(stage: Stage, port: int) -> tuple[web.AppRunner, int]:
    """Begins to serve what the gateway serves; returns the port, too."""
    app = web.Application(middlewares=[problems])
    app.add_routes(stage.gateway.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    return runner, int(runner.addresses[0][1])


async def reports(stage: Stage) -> None:
    """Heartbeats, and the chatter of ordinary people."""
    for turn in count():
        if turn % 5 == 0:
            figures.report(stage.take)
        stage.chatter(turn)
        await asyncio.sleep(1)


async def obey(stage: Stage, runner: web.AppRunner, port: int) -> None:
    """Does what lines of standard input say, and answers each with a line, until they end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().strip():
        command, _, rest = line.partition(" ")
        said: Any = "done"
        if command == "raise":
            asked = json.loads(rest)
            now_us = time.time_ns() // 1000
            said = await stage.plant(
                asked["person"],
                asked["kind"],
                asked.get("severity", 3),
                now_us - 50 * SECOND_US,
                0,
                asked.get("note", ""),
            )
        elif command == "flood":
            if stage.flooding is not None:
                stage.flooding.cancel()
            stage.flooding = asyncio.create_task(stage.flood(float(rest))) if float(rest) else None
            said = stage.flooded
        elif command == "stop":
            await stage.gateway.streams.stop()
            await runner.cleanup()
        elif command == "start":
            stage.gateway.streams._stopping = False
            runner, port = await listen(stage, port)
        print(json.dumps(said), flush=True)
    await runner.cleanup()


def _task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    with suppress(asyncio.CancelledError):
        asyncio.run(main(parser.parse_args().port))
