"""One connection, as aiohttp serves it, with the limits of the edge."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.http import WebSocketReader

from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.heads import LimitedHeads
from resonance_gateway.edge.masks import FirstFrame
from resonance_gateway.rest.problems import problem

log = logging.getLogger(__name__)

_NO_ROOM: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
    b"Retry-After: 30\r\nContent-Length: 172\r\n\r\n"
    b'{"type":"about:blank","title":"Too many connections","status":503,'
    b'"detail":"The gateway, or the address you come from, has as many connections as it may; try again later."}'
)


class EdgeHandler(web.RequestHandler):
    """Counts its connection, and ends it when the head of a request takes too long or is too large.

    Nothing here costs anything once the connection is a WebSocket.

    Args:
        server: Of aiohttp.
        edge: What connections share.
        loop: The running one.
        source: Address of the client by a PROXY header.
        seat: Under which name the connection is counted already.

    Attributes:
        edge: As given.
        source: As given; None where the peer is as near as it gets.
    """

    __slots__ = ("_began", "_seat", "edge", "source")

    def __init__(
        self,
        server: web.Server,
        edge: Edge,
        loop: asyncio.AbstractEventLoop,
        source: str | None = None,
        seat: str | None = None,
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # as web.AppRunner passes it on
            keepalive_timeout=edge.patience.idle_s,
            max_line_size=edge.patience.line,
            max_field_size=edge.patience.line,
            max_headers=edge.patience.fields,
        )
        self.edge = edge
        self.source = source
        self._began = False
        self._seat = seat
        self._parser = LimitedHeads(self._parser, self._waits, edge.patience.head)  # type: ignore[assignment]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to serve, or refuses the connection where there are too many."""
        self._began = True
        if self._seat is None:
            self._seat = self.edge.take_seat(address_of(transport))
            if self._seat is None:
                refused = cast(asyncio.Transport, transport)
                refused.write(_NO_ROOM)
                refused.close()
                return
        super().connection_made(transport)
        # What aiohttp armed for idle connections is for the first request's head, sooner.
        if self._keepalive_handle is not None:
            self._keepalive_handle.cancel()
        self._next_keepalive_close_time = self._loop.time() + self.edge.patience.head_s
        self._keepalive_handle = self._loop.call_at(self._next_keepalive_close_time, self._process_keepalive)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Gives the seat back."""
        super().connection_lost(exc)
        self._release()

    def give_up(self) -> None:
        """The connection ended; where HTTP had begun on it, `connection_lost` says so, too."""
        if not self._began:
            self._release()

    def set_parser(self, parser: WebSocketReader, data_received_cb: Any = None) -> None:
        """Becomes a WebSocket; its first frame is looked at, requests no more."""
        self._parser = None
        super().set_parser(FirstFrame(parser, self._go_on), data_received_cb)  # type: ignore[arg-type]

    def change_seat(self, address: str) -> bool:
        """Counts the connection under the client's own address, which a trusted proxy told; False: no room there."""
        if self._seat is None:
            return False
        seat = self.edge.change_seat(self._seat, address)
        if seat is None:
            return False
        self._seat = seat
        return True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answers what is no request with problem details, and does not log who sent it."""
        if request.writer.output_size > 0:
            raise ConnectionError("A part of the answer was sent already.")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("a request failed", exc_info=exc)
            answer = problem(status, "Internal error", "The gateway failed on this request; its log says why.")
        else:
            answer = problem(
                status,
                "Not a request",
                f"Expected HTTP/1.1, with lines of at most {self.max_line_size} bytes, at most {self.max_headers} "
                f"header fields, and not more than {self.edge.patience.head} bytes of both.",
            )
        answer.force_close()
        return answer

    def _waits(self) -> bool:
        """Whether it waits for a request."""
        return self._waiter is not None and not self._waiter.done()

    def _release(self) -> None:
        if self._seat is not None:
            self.edge.seats.release(self._seat)
            self._seat = None

    def _go_on(self, parser: WebSocketReader) -> None:
        self._payload_parser = parser


def address_of(transport: asyncio.BaseTransport) -> str:
    """Address of the peer, "" where it is gone already."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else ""
