"""Time from a publication to its coming back to the one who sent it: `python -m tests.bench.gateway.echo`.

Asynchronous clients of the library `websockets` send at a steady pace, whether or not the last one has come back (so
a slow moment is seen by all that fall into it). Prints one JSON object: the times in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.bench.gateway.tokens import token


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gateway.echo")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--each-s", type=float, required=True, help="time between two publications of a connection")
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args(arguments)
    times = asyncio.run(_all(given.port, given.connections, given.each_s, given.seconds))
    print(json.dumps(times), flush=True)


async def _all(port: int, connections: int, each_s: float, seconds: float) -> list[float]:
    runs = await asyncio.gather(*(_one(port, i, i * each_s / connections, each_s, seconds) for i in range(connections)))
    return [time_ms for run in runs for time_ms in run]


async def _one(port: int, number: int, first_s: float, each_s: float, seconds: float) -> list[float]:
    channel = f"echo-{number}"
    uri = f"ws://127.0.0.1:{port}/ws"
    async with connect(uri, compression=None, open_timeout=60, ping_interval=None) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token(channel)}))
        await socket.send(json.dumps({"type": "subscribe", "channels": [channel]}))
        await asyncio.sleep(1.0 + first_s)
        times: list[float] = []
        count = max(1, int(seconds / each_s))
        reading = asyncio.create_task(_read(socket, count, times))
        began = time.monotonic()
        for i in range(count):
            await asyncio.sleep(max(0.0, began + i * each_s - time.monotonic()))
            await socket.send(json.dumps({"type": "publish", "channel": channel, "data": time.monotonic()}))
        await asyncio.wait_for(reading, 30)
        return times


async def _read(socket: ClientConnection, count: int, times: list[float]) -> None:
    while len(times) < count:
        heard: dict[str, Any] = json.loads(await socket.recv())
        if heard["type"] == "publication":
            times.append((time.monotonic() - heard["data"]) * 1000)
        elif heard["type"] == "error":
            raise ConnectionError(f"The gateway refused: {heard['message']}")


if __name__ == "__main__":
    main(sys.argv[1:])
