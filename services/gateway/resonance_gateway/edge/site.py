"""Where the gateway listens, for the HTTP server of the runtime."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

from aiohttp import web

from resonance_gateway.edge.certificates import Certificates
from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.handler import EdgeHandler
from resonance_gateway.edge.listener import Listener

_BACKLOG: Final = 1024


class EdgeSite(web.BaseSite):
    """Listens, with the limits of the edge.

    Connections go straight to aiohttp, unless something comes before HTTP on them.

    Args:
        runner: Of the application.
        host, port: Where to listen; port 0 picks a free one.
        edge: What connections share.
        proxied: Whether connections begin with a PROXY header.
        certificates: For TLS; None for plain HTTP.
    """

    __slots__ = ("_certificates", "_edge", "_host", "_listener", "_loop", "_port", "_proxied")

    def __init__(
        self,
        runner: web.BaseRunner,
        host: str,
        port: int,
        edge: Edge,
        proxied: bool = False,
        certificates: Certificates | None = None,
    ) -> None:
        super().__init__(runner, backlog=_BACKLOG)
        self._loop = asyncio.get_running_loop()
        self._host = host
        self._port = port
        self._edge = edge
        self._proxied = proxied
        self._certificates = certificates
        self._listener: Listener | None = None

    @property
    def name(self) -> str:
        """Its address."""
        return f"{'http' if self._certificates is None else 'https'}://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        """The port, once it listens."""
        return self._port

    async def start(self) -> None:
        """Begins to listen.

        Raises:
            OSError: The port cannot be had.
        """
        await super().start()
        if self._proxied or self._certificates is not None:
            sockets = await self._bound()
            self._port = sockets[0].getsockname()[1]
            self._listener = Listener(self._edge, sockets, self._handler, self._proxied, self._certificates)
        else:
            server = await self._loop.create_server(self._handler, self._host, self._port, backlog=self._backlog)
            self._port = server.sockets[0].getsockname()[1]
            self._server = server

    async def stop(self) -> None:
        """Stops listening."""
        if self._listener is not None:
            self._listener.close()
        await super().stop()

    def _handler(self, source: str | None = None, seat: str | None = None) -> EdgeHandler:
        server = self._runner.server
        if server is None:
            raise RuntimeError("The server has stopped.")
        return EdgeHandler(server, self._edge, self._loop, source, seat)

    async def _bound(self) -> list[socket.socket]:
        """Listening sockets on all addresses of the host."""
        found = await self._loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        bound: list[socket.socket] = []
        try:
            for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
                bound.append(
                    socket.create_server(
                        (address[0], self._port), family=family, backlog=self._backlog, dualstack_ipv6=False
                    )
                )
        except OSError:
            for listening in bound:
                listening.close()
            raise
        for listening in bound:
            listening.setblocking(False)
        return bound
