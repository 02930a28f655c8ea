"""What waits to be written to one client: in order, bounded, without a task while there is nothing to write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from resonance_gateway.sockets.frames import ack_frame

# A client that does not read loses publications beyond this many.
LIMIT: Final = 256


class Outbox:
    """Texts for one client.

    Answers are written before the next frame of the client is read, so a client that does not read its answers is
    not read either. Publications come from others, who must not wait for it: beyond `limit` the oldest are dropped.

    Args:
        write: Writes one text; raises ConnectionError when the client is gone.
        limit: How many publications may wait.
        dropped: Called for each publication that was dropped.
    """

    # One for every open connection: small, and empty almost always.
    __slots__ = ("_acked", "_answers", "_dropped", "_gone", "_limit", "_publications", "_to_ack", "_write", "_writing")

    def __init__(
        self, write: Callable[[str], Awaitable[None]], dropped: Callable[[], None], limit: int = LIMIT
    ) -> None:
        self._write = write
        self._dropped = dropped
        self._limit = limit
        self._answers: list[str] = []
        self._publications: list[str] = []
        self._acked = 0
        self._to_ack = 0
        self._writing: asyncio.Task[None] | None = None
        self._gone = False

    def answer(self, text: str) -> None:
        """Queues an answer; `flush` writes it."""
        self._answers.append(text)

    def publish(self, text: str) -> None:
        """Queues what somebody else sent and begins to write; the oldest is dropped when too many wait."""
        if self._gone:
            return
        if len(self._publications) >= self._limit:
            self._publications.pop(0)
            self._dropped()
        self._publications.append(text)
        self._begin()

    def ack(self, sequence: int) -> None:
        """Tells what is stored; acks that wait are merged into the newest."""
        self._to_ack = sequence
        self._begin()

    async def flush(self) -> None:
        """Returns when all answers are written, or the client is gone."""
        if self._answers:
            self._begin()
        while self._answers and self._writing is not None:
            await asyncio.shield(self._writing)

    def discard(self) -> None:
        """The client is gone: nothing is written any more."""
        self._gone = True
        self._answers.clear()
        self._publications.clear()
        self._acked = self._to_ack

    def _begin(self) -> None:
        if self._writing is None and not self._gone:
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        try:
            while (text := self._next()) is not None:
                await self._write(text)
        except ConnectionError:
            self.discard()
        finally:
            self._writing = None

    def _next(self) -> str | None:
        if self._answers:
            return self._answers.pop(0)
        if self._to_ack > self._acked:
            self._acked = self._to_ack
            return ack_frame(self._to_ack)
        return self._publications.pop(0) if self._publications else None
