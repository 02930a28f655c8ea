"""Backends behind a gateway, and connections through it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve


class Backend:
    """A backend on a loopback port that tests tell what to do; it echoes."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.closed: list[tuple[int | None, str | None]] = []
        self.received: list[str | bytes] = []
        self.port = 0
        self.reads = asyncio.Event()
        self.reads.set()

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def handle(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        try:
            await self.reads.wait()
            async for message in connection:
                self.received.append(message)
                await connection.send(message)
        finally:
            await connection.wait_closed()
            self.closed.append((connection.close_code, connection.close_reason))


def choose(connection: ServerConnection, offered: Sequence[Any]) -> Any:
    """The subprotocol that the backend chooses, None for none."""
    return "chat.v1" if "chat.v1" in offered else None


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    backend = Backend()
    async with serve(
        backend.handle, "127.0.0.1", 0, select_subprotocol=choose, max_size=None, ping_interval=None
    ) as server:
        backend.port = server.sockets[0].getsockname()[1]
        yield backend


Through = Callable[..., Awaitable[Any]]


@pytest.fixture
async def through(start_gateway: Any, backend: Backend) -> AsyncIterator[Through]:
    """Opens a connection to the backend through a gateway; settings of the gateway come with the first one."""
    running: list[Any] = []
    opened: list[Any] = []

    async def open_one(path: str = "/chat/room?x=1", settings: dict[str, Any] | None = None, **options: Any) -> Any:
        if not running:
            generous = {"rate": 1e5, "burst": 1e5, "address_rate": 1e6, "address_burst": 1e6}
            running.append(await start_gateway(**{"upstream": backend.address, **generous, **(settings or {})}))
        port = running[0].client.server.port
        options = {"proxy": None, "max_size": None, "ping_interval": None, **options}
        connection = await connect(f"ws://127.0.0.1:{port}{path}", **options)
        connection.gateway = running[0].gateway
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        connection.transport.abort()


@pytest.fixture
def kinds(sender: Any) -> Callable[[], list[str]]:
    """Kinds of the events that were stored so far."""
    return lambda: [event["kind"] for event in sender.events()]


@pytest.fixture
def closed() -> Callable[[ClientConnection], Awaitable[tuple[int | None, str | None]]]:
    """How a connection was closed, as its library says; 1006 and "" where it was cut off."""

    async def wait(connection: ClientConnection) -> tuple[int | None, str | None]:
        await asyncio.wait_for(connection.wait_closed(), 5)
        return connection.close_code, connection.close_reason

    return wait
