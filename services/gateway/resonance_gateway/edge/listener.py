"""Accepts connections that begin with something else than HTTP: a PROXY header, a TLS handshake, or both."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Final

from resonance_gateway.edge.certificates import Certificates
from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.handler import EdgeHandler
from resonance_gateway.edge.proxy_header import (
    V1_LONGEST,
    V1_START,
    V2_HEAD,
    NotProxied,
    length_of_v2,
    source_of_v1,
    source_of_v2,
)
from resonance_runtime import metrics

log = logging.getLogger(__name__)

_ACCEPTS_A_TURN: Final = 100
# After the system had no room for another connection.
_PAUSE_S: Final = 1.0
# A client that does not answer the end of TLS is not waited for.
_TLS_GOODBYE_S: Final = 2.0
_REFUSED_PROXY: Final = metrics.GATEWAY_CONNECTIONS_REFUSED.labels(reason="proxy")
_REFUSED_TLS: Final = metrics.GATEWAY_CONNECTIONS_REFUSED.labels(reason="tls")

MakeHandler = Callable[[str | None, str], EdgeHandler]


class Listener:
    """Takes connections from listening sockets, and gives them to aiohttp when HTTP begins.

    Args:
        edge: What connections share.
        sockets: Bound, listening, not blocking.
        make_handler: A handler of a source (by PROXY header) and the seat that its connection has.
        proxied: Whether connections begin with a PROXY header.
        certificates: For TLS; None for plain HTTP.
    """

    def __init__(
        self,
        edge: Edge,
        sockets: Sequence[socket.socket],
        make_handler: MakeHandler,
        proxied: bool,
        certificates: Certificates | None,
    ) -> None:
        self._edge = edge
        self._sockets = sockets
        self._make_handler = make_handler
        self._proxied = proxied
        self._certificates = certificates
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[None]] = set()
        for listening in sockets:
            self._resume(listening)

    def close(self) -> None:
        """Accepts no more, and ends what has not come as far as HTTP."""
        for listening in self._sockets:
            self._loop.remove_reader(listening)
            listening.close()
        for task in self._beginning:
            task.cancel()

    def _resume(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPTS_A_TURN):
            try:
                connection, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                log.error("connections are not accepted", extra={"reason": error.strerror})
                self._loop.remove_reader(listening)
                self._loop.call_later(_PAUSE_S, self._resume, listening)
                return
            connection.setblocking(False)
            self._begin(connection, str(peer[0]))

    def _begin(self, connection: socket.socket, peer: str) -> None:
        if self._proxied and not self._edge.trust.believes(peer):
            _REFUSED_PROXY.inc()
            connection.close()
            return
        seat = self._edge.take_seat(peer)
        if seat is None:
            connection.close()
            return
        task = self._loop.create_task(self._handshake(connection, seat))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _handshake(self, connection: socket.socket, seat: str) -> None:
        """Brings a connection to where HTTP begins; where it does not come there, it ends."""
        handler: EdgeHandler | None = None
        context = None if self._certificates is None else self._certificates.context
        limit = self._edge.patience.handshake_s
        try:
            began = self._loop.time()
            source = None
            if self._proxied:
                async with asyncio.timeout(limit):
                    source = await read_source(self._loop, connection)
            if source is not None:
                moved = self._edge.change_seat(seat, source)
                if moved is None:
                    return
                seat = moved
            left = max(0.1, limit - (self._loop.time() - began))
            handler = self._make_handler(source, seat)
            await self._loop.connect_accepted_socket(
                lambda: handler,
                connection,
                ssl=context,
                ssl_handshake_timeout=None if context is None else left,
                ssl_shutdown_timeout=None if context is None else _TLS_GOODBYE_S,
            )
        except (NotProxied, TimeoutError, OSError) as fault:
            # A TLS handshake that takes too long is a ConnectionAbortedError, one that fails an SSLError: OSErrors.
            (_REFUSED_PROXY if handler is None else _REFUSED_TLS).inc()
            log.debug("a connection ended before HTTP began", extra={"reason": str(fault)})
        finally:
            if handler is None:
                connection.close()
                self._edge.seats.release(seat)
            else:
                handler.give_up()


async def read_source(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> str | None:
    """Reads exactly the PROXY header that a connection begins with; the client it names, None where it names none.

    Raises:
        NotProxied: It begins with something else, or ends before.
        OSError: It broke.
    """
    start = await _exactly(loop, connection, len(V1_START))
    if start == V1_START:
        return source_of_v1(await _line(loop, connection, start))
    head = start + await _exactly(loop, connection, V2_HEAD.size - len(start))
    return source_of_v2(head, await _exactly(loop, connection, length_of_v2(head)))


async def _exactly(loop: asyncio.AbstractEventLoop, connection: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        part = await loop.sock_recv(connection, size - len(read))
        if not part:
            raise NotProxied("The connection ended within its PROXY header.")
        read += part
    return read


async def _line(loop: asyncio.AbstractEventLoop, connection: socket.socket, read: bytes) -> bytes:
    """Reads on to the end of a line, and not a byte further: what follows is TLS's or HTTP's."""
    while not read.endswith(b"\n"):
        if len(read) >= V1_LONGEST:
            raise NotProxied(f"The line has no end within {V1_LONGEST} bytes.")
        read += await _exactly(loop, connection, 1)
    return read
