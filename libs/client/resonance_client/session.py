"""A lasting session with the gateway: sockets come and go, frames are delivered."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from resonance_client.backoff import Backoff
from resonance_client.connection import TRANSIENT, open_socket, raise_if_final
from resonance_client.errors import GatewayUnreachable
from resonance_client.frames import Authentication, ClientFrame, Ready, ServerFrame
from resonance_client.protocol import ClientProtocol, Phase

FAREWELL_S: Final = 5.0
"""How long the gateway may take to close the connection after bye; then we do."""


class Session:
    """Sends frames over one WebSocket at a time, reconnecting and resending until they are acknowledged.

    Use as `async with Session(...) as session: await session.send(message("hello"))`.

    Args:
        url: Address of the gateway's WebSocket, as `websocket_url` makes it.
        authentication: Who connects; every new socket begins with it.
        buffer: Largest number of frames that may wait for their acknowledgement.
        backoff: Waits between attempts to connect.
        patience_s: Seconds without a connection after which GatewayUnreachable is raised.
        on_frame: Called with every frame of the gateway, in order.
    """

    def __init__(
        self,
        url: str,
        authentication: Authentication,
        *,
        buffer: int = 1000,
        backoff: Backoff | None = None,
        patience_s: float = 120.0,
        on_frame: Callable[[ServerFrame], None] | None = None,
    ) -> None:
        self._url = url
        self._protocol = ClientProtocol(authentication, buffer)
        self._backoff = backoff or Backoff()
        self._patience_s = patience_s
        self._on_frame = on_frame
        self._waits = self._backoff.waits()
        self._writable = asyncio.Event()
        self._changed = asyncio.Event()
        self._give_up_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self.sockets_opened = 0

    @property
    def acknowledged(self) -> int:
        """Frames stored so far."""
        return self._protocol.acknowledged

    @property
    def submitted(self) -> int:
        """Frames taken so far."""
        return self._protocol.submitted

    @property
    def oldest_unstored_us(self) -> int | None:
        """Event time of the oldest thing that is not known to be stored; None where all is."""
        return self._protocol.oldest_unstored_us

    def raise_if_failed(self) -> None:
        """Raise what ended the session, if anything did."""
        if self._task is not None and self._task.done():
            self._task.result()

    def start(self) -> None:
        """Connect in the background; frames may be sent at once."""
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: self._changed.set())

    async def send(self, frame: ClientFrame) -> int:
        """Take a frame, waiting for room; returns its number. It is stored once `drained` returned."""
        await self._until(lambda: self._protocol.has_room)
        sequence = self._protocol.submit(frame)
        self._writable.set()
        return sequence

    async def drained(self) -> None:
        """Wait until every frame is stored."""
        await self._until(lambda: self._protocol.drained)

    async def close(self, time_us: int | None = None) -> None:
        """Wait until every frame is stored, say bye (at this event time) and close."""
        self._protocol.close(time_us)
        self._writable.set()
        if self._task is not None:
            await self._task

    async def abort(self) -> None:
        """Close at once; frames without acknowledgement are given up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await (self.close() if kind is None else self.abort())

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._task is not None and self._task.done():
                self._task.result()
                return
            self._changed.clear()
            await self._changed.wait()

    async def _run(self) -> None:
        self._be_patient()
        while not self._protocol.finished:
            socket = await self._connect()
            properly = False
            try:
                await self._converse(socket)
            except ConnectionClosed as closed:
                raise_if_final(closed)
                properly = closed.rcvd is not None and closed.rcvd.code == CloseCode.NORMAL_CLOSURE
            finally:
                if self._protocol.phase in (Phase.OPEN, Phase.LEAVING):
                    self._be_patient()
                self._protocol.disconnected(properly=properly)
                await socket.close()
            if not self._protocol.finished:
                await asyncio.sleep(next(self._waits))

    def _be_patient(self) -> None:
        self._give_up_at = asyncio.get_running_loop().time() + self._patience_s

    async def _connect(self) -> ClientConnection:
        last: BaseException | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._give_up_at):
                while True:
                    try:
                        return await open_socket(self._url)
                    except TRANSIENT as error:
                        last = error
                        await asyncio.sleep(next(self._waits))
        raise GatewayUnreachable(
            f"No connection to {self._url} within {self._patience_s:.0f} s ({last}); is the gateway running?"
        ) from last

    async def _converse(self, socket: ClientConnection) -> None:
        self.sockets_opened += 1
        await socket.send(self._protocol.connected())
        writer = asyncio.create_task(self._write(socket))
        try:
            while True:
                self._take(self._protocol.receive(await socket.recv()))
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    def _take(self, frame: ServerFrame) -> None:
        if isinstance(frame, Ready):
            self._waits = self._backoff.waits()
        if self._on_frame is not None:
            self._on_frame(frame)
        self._writable.set()
        self._changed.set()

    async def _write(self, socket: ClientConnection) -> None:
        while self._protocol.phase is not Phase.LEAVING:
            await self._writable.wait()
            self._writable.clear()
            while (text := self._protocol.next_to_write()) is not None:
                await socket.send(text)
        await asyncio.sleep(FAREWELL_S)
        await socket.close()
