"""A chat backend whose users Resonance watches; the five lines that do it are marked.

    RESONANCE_TOKEN=$(resonance token --user chat --role backend) python chat_backend.py 8090

People connect to ws://127.0.0.1:8090/chat?user=anna and write lines of text, which everybody gets.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from aiohttp import web

from resonance_client import ActivityTracker  # 1

GATEWAY = os.environ.get("RESONANCE_GATEWAY", "http://127.0.0.1:8000")
ROOM = ["lobby"]


async def serve(port: int) -> None:
    """Serves the chat until it is cancelled."""
    people: set[web.WebSocketResponse] = set()
    async with ActivityTracker(GATEWAY, os.environ["RESONANCE_TOKEN"]) as tracker:  # 2

        async def chat(request: web.Request) -> web.WebSocketResponse:
            socket = web.WebSocketResponse(heartbeat=30)
            await socket.prepare(request)
            user, address = request.query.get("user", "guest"), request.remote
            await tracker.track_user_activity(user, 0, ROOM, address, kind="connect")  # 3
            people.add(socket)
            async for message in socket:
                await tracker.track_user_activity(user, len(message.data), ROOM, address)  # 4
                await asyncio.gather(*(other.send_str(f"{user}: {message.data}") for other in people))
            people.discard(socket)
            await tracker.track_user_activity(user, 0, ROOM, address, kind="disconnect")  # 5
            return socket

        app = web.Application()
        app.router.add_get("/chat", chat)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            print(f"ws://127.0.0.1:{port}/chat", flush=True)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(int(sys.argv[1])))
