"""What is written to one client: in order, bounded in bytes, and at once where the client reads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from resonance_gateway.channels.backlog import Backlog, TooSlow
from resonance_gateway.channels.policies import Policy
from resonance_gateway.channels.publication import Publication, framed
from resonance_gateway.sockets.frames import ack_frame
from resonance_runtime import metrics

MAX_QUEUE_BYTES: Final = 1_048_576


class Wire(Protocol):
    """The protocol of a connection, as asyncio and aiohttp have it."""

    @property
    def transport(self) -> asyncio.Transport | None:
        """Where bytes go; None once the connection is gone."""

    @property
    def writing_paused(self) -> bool:
        """Whether the transport holds more than it should."""


class Drain(Protocol):
    """Waits for the transport."""

    async def drain(self) -> None:
        """Returns when writing is not paused; raises ConnectionError when the client is gone."""


class Reader(Protocol):
    """Whose outbox it is."""

    def too_slow(self) -> None:
        """Called once when the client must be disconnected because it does not read."""


@dataclass(frozen=True, slots=True)
class Queueing:
    """What outboxes of one kind share.

    Attributes:
        endpoint: Label of the metric.
        max_bytes: Bytes that may wait for one client, those in the transport included.
    """

    endpoint: str
    max_bytes: int = MAX_QUEUE_BYTES

    def left_out(self, policy: Policy) -> None:
        """Counts a publication that a slow client does not get."""
        metrics.GATEWAY_SLOW_READERS.labels(endpoint=self.endpoint, policy=policy).inc()


class Outbox:
    """Frames for one client.

    They go to the transport at once as long as it takes them, and into memory after that. Answers and acks go before
    publications. A client that does not read its answers is not read either, see `flush`. Publications come from
    others, who must not wait for it: beyond the bound, the policies of their channels say what happens.

    Args:
        wire: The connection.
        drain: Waits for it.
        queueing: What is shared.
        reader: Told when the client must be disconnected.
    """

    # One for every open connection: small, and nothing but this while the client reads.
    __slots__ = ("_acked", "_answers", "_backlog", "_drain", "_queueing", "_reader", "_to_ack", "_wire", "_writing")

    def __init__(self, wire: Wire, drain: Drain, queueing: Queueing, reader: Reader | None = None) -> None:
        self._wire: Wire | None = wire
        self._drain = drain
        self._queueing = queueing
        self._reader = reader
        self._answers: list[bytes] | None = None
        self._backlog: Backlog | None = None
        self._acked = 0
        self._to_ack = 0
        self._writing: asyncio.Task[None] | None = None

    @property
    def room(self) -> int:
        """Bytes that may still be queued."""
        waiting = sum(map(len, self._answers or ())) + (self._backlog.size if self._backlog is not None else 0)
        return self._queueing.max_bytes - waiting - self._in_transport()

    def answer(self, text: str) -> None:
        """Sends an answer; where the client does not read, `flush` waits for it."""
        self.answer_framed(framed(text.encode()))

    def answer_framed(self, frame: bytes) -> None:
        """As `answer`, for a WebSocket frame."""
        if not self._written(frame) and self._wire is not None:
            if self._answers is None:
                self._answers = []
            self._answers.append(frame)
            self._begin()

    def publish(self, publication: Publication) -> None:
        """Sends what somebody else published, or queues it."""
        if self._written(publication.frame) or self._wire is None:
            return
        if self._backlog is None:
            self._backlog = Backlog()
        try:
            room = max(0, self._queueing.max_bytes - self._in_transport())
            for policy in self._backlog.put(publication, room):
                self._queueing.left_out(policy)
        except TooSlow:
            self._queueing.left_out(Policy.DISCONNECT)
            reader = self._reader
            self.discard()
            if reader is not None:
                reader.too_slow()
            return
        self._begin()

    def ack(self, sequence: int) -> None:
        """Tells what is stored; acks that wait are merged into the newest."""
        if sequence > self._to_ack:
            self._to_ack = sequence
            if self._written(framed(ack_frame(sequence).encode())):
                self._acked = sequence
            else:
                self._begin()

    async def flush(self) -> None:
        """Returns when all answers are written, or the client is gone."""
        while self._answers and self._writing is not None:
            await asyncio.wait([self._writing])

    def discard(self) -> None:
        """The client is gone, or is being closed: nothing is written any more."""
        self._wire = self._reader = self._answers = self._backlog = None
        if self._writing is not None:
            self._writing.cancel()

    def _written(self, frame: bytes) -> bool:
        """Writes a frame, unless others wait already or the transport is full."""
        wire = self._wire
        if wire is None or self._writing is not None or wire.writing_paused:
            return False
        transport = wire.transport
        if transport is None or transport.is_closing():
            self.discard()
            return False
        transport.write(frame)
        return True

    def _in_transport(self) -> int:
        transport = self._wire.transport if self._wire is not None else None
        return 0 if transport is None else transport.get_write_buffer_size()

    def _begin(self) -> None:
        if self._writing is None and self._wire is not None:
            self._writing = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        try:
            while (wire := self._wire) is not None and self._waits():
                await self._drain.drain()
                while not wire.writing_paused and (frame := self._next()) is not None:
                    transport = wire.transport
                    if transport is None or transport.is_closing():
                        return self.discard()
                    transport.write(frame)
        except ConnectionError:
            self.discard()
        finally:
            self._writing = None

    def _waits(self) -> bool:
        return bool(self._answers) or self._to_ack > self._acked or bool(self._backlog)

    def _next(self) -> bytes | None:
        if self._answers:
            return self._answers.pop(0)
        if self._to_ack > self._acked:
            self._acked = self._to_ack
            return framed(ack_frame(self._to_ack).encode())
        if self._backlog:
            return self._backlog.pop().frame
        self._answers = self._backlog = None
        return None
