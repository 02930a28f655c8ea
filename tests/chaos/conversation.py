"""One connection of the plan kept up over as many sockets as it takes, and an account of what was acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from resonance_client.backoff import Backoff
from resonance_client.connection import UNAUTHENTICATED
from resonance_client.errors import AuthenticationRefused
from resonance_client.frames import Authentication, ClientFrame, Ready, Refused
from resonance_client.protocol import ClientProtocol, Phase
from tests.chaos.wire import Wire, encoded

Clock = Callable[[], float]

NORMAL: Final = 1000
BUFFER: Final = 400
CONNECT_S: Final = 5.0


@dataclass(slots=True)
class Socket:
    """What went over one socket that the gateway let in.

    Attributes:
        connection: The gateway's name for it.
        before: Frames of the conversation that were acknowledged before.
        written: Frames written to it.
        acknowledged: Frames of it that were acknowledged.
    """

    connection: str
    before: int
    written: int = 0
    acknowledged: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """An open socket that was lost: when, and when the next one was open; both in seconds since the epoch."""

    at: float
    again: float


class Conversation:
    """Sends frames until they are acknowledged, to the next address whenever a socket is lost.

    Args:
        addresses: Ports of the gateways on loopback, the preferred one first.
        authentication: Begins every socket.
        clock: Seconds since the epoch.
    """

    def __init__(self, addresses: list[int], authentication: Authentication, clock: Clock) -> None:
        self.sockets: list[Socket] = []
        self.cuts: list[Cut] = []
        self.refused: list[str] = []
        self._addresses = addresses
        self._attempt = 0
        self._clock = clock
        self._protocol = ClientProtocol(authentication, BUFFER)
        self._wire: Wire | None = None
        self._gone = asyncio.Event()
        self._code = 0
        self._moved = asyncio.Event()
        self._cut_at: float | None = None
        self._waits = Backoff().waits()
        self._pumping = False
        self._task = asyncio.create_task(self._keep_up())
        self._task.add_done_callback(lambda _: self._moved.set())

    @property
    def acknowledged(self) -> int:
        """Frames that are stored."""
        return self._protocol.acknowledged

    async def send(self, frame: ClientFrame) -> None:
        """Takes a frame, waiting for room."""
        while not self._protocol.has_room:
            await self._movement()
        self._protocol.submit(frame)
        self._soon()

    async def drained(self) -> None:
        """Returns when every frame is acknowledged."""
        while not self._protocol.drained:
            await self._movement()

    async def leave(self, time_us: int | None) -> None:
        """Says bye once every frame is acknowledged, a replay at this event time; returns when the gateway closed."""
        self._protocol.close(time_us)
        self._soon()
        await self._task

    def abandon(self) -> None:
        """Cuts the connection without a word."""
        self._task.cancel()
        if self._wire is not None:
            self._wire.abort()

    async def _movement(self) -> None:
        self._moved.clear()
        await self._moved.wait()
        if self._task.done():
            self._task.result()

    async def _keep_up(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._protocol.finished:
            self._gone.clear()
            port = self._addresses[self._attempt % len(self._addresses)]
            wire = self._wire = Wire(self._heard, self._connected, self._lost)
            try:
                async with asyncio.timeout(CONNECT_S):
                    await loop.create_connection(partial(_same, wire), "127.0.0.1", port)
                await self._gone.wait()
            except (OSError, TimeoutError):
                wire.abort()
            self._attempt += 1
            if self._code == UNAUTHENTICATED:
                raise AuthenticationRefused("The gateway does not accept the token.")
            if self._protocol.finished:
                return
            await asyncio.sleep(next(self._waits))

    def _connected(self) -> None:
        if self._wire is not None:
            self._wire.write(encoded(self._protocol.connected().encode()))

    def _lost(self, code: int) -> None:
        if self._protocol.phase in (Phase.OPEN, Phase.LEAVING) and code != NORMAL and self._cut_at is None:
            self._cut_at = self._clock()
        self._code = code
        self._protocol.disconnected(properly=code == NORMAL)
        self._gone.set()

    def _heard(self, text: bytes) -> None:
        frame = self._protocol.receive(text)
        if isinstance(frame, Ready):
            self._waits = Backoff().waits()
            self.sockets.append(Socket(frame.connection, self._protocol.acknowledged))
            if self._cut_at is not None:
                self.cuts.append(Cut(self._cut_at, self._clock()))
                self._cut_at = None
            self._soon()
        elif isinstance(frame, Refused):
            self.refused.append(frame.code)
        elif self.sockets:
            self.sockets[-1].acknowledged = self._protocol.acknowledged - self.sockets[-1].before
            if self._protocol.drained:
                self._soon()
        self._moved.set()

    def _soon(self) -> None:
        """Writes at the end of this turn of the loop: frames that are due together go together."""
        if not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._pumping = False
        frames = []
        while (text := self._protocol.next_to_write()) is not None:
            frames.append(encoded(text.encode()))
        if frames and self._wire is not None:
            bye = self._protocol.phase is Phase.LEAVING
            self.sockets[-1].written += len(frames) - bye
            self._wire.write(b"".join(frames))


def _same(wire: Wire) -> Wire:
    return wire
