"""A bare aiohttp handler that answers everything alike, on the measured core: what HTTP costs on this machine now.

As a program, `python -m tests.bench.answering.bare`: reads from its input what it is to answer, prints its port.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvloop
from aiohttp import web

from tests.bench import cores
from tests.bench.benchmark import Unmeasured

PATH: Final = "/answer"


@contextmanager
def bare(answer: bytes) -> Iterator[tuple[int, int]]:
    """Starts it, ends it.

    Args:
        answer: What it answers, JSON.

    Yields:
        Its port on 127.0.0.1, and its process.

    Raises:
        Unmeasured: It did not start.
    """
    with cores.on(cores.measured()), cores.first():
        child = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None, "they are pipes"
    with child:
        try:
            child.stdin.write(answer)
            child.stdin.close()
            if not (port := child.stdout.readline()):
                raise Unmeasured(f"The bare handler ended with status {child.wait()}.")
            yield int(port), child.pid
        finally:
            child.kill()


async def _serve(body: bytes) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.add_routes([web.post(PATH, answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(_serve(sys.stdin.buffer.read()))
