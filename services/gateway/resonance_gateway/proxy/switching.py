"""The end of HTTP on a connection: from then on its bytes are WebSocket frames, and its socket is ours."""

from __future__ import annotations

from aiohttp import ClientResponse, web

from resonance_gateway.proxy.flow import Flow
from resonance_gateway.proxy.headers import passed_on
from resonance_gateway.proxy.leg import Ends, Leg
from resonance_runtime.errors import Problem


class _Tail:
    """Takes from the HTTP library what it has read behind a handshake; stands where its own WebSocket parser would."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Bytes that were read already."""
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """Nothing more comes."""


class Switched(web.StreamResponse):
    """The answer 101, after which nothing else is to be written by the HTTP library."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing: what follows are frames."""


async def switch_client(request: web.Request, answer: ClientResponse) -> Switched:
    """Passes the backend's consent on to the client.

    Raises:
        ConnectionError: The client left.
    """
    response = Switched(status=101, reason=answer.reason, headers=passed_on(answer.headers, upgrade=True))
    response.force_close()
    await response.prepare(request)
    return response


def client_leg(request: web.Request, flow: Flow, ends: Ends) -> tuple[Leg, bytes]:
    """The client's socket, after its handshake, and what was read of it already.

    Raises:
        ConnectionResetError: The client left.
    """
    protocol, transport = request.protocol, request.transport
    if transport is None:
        raise ConnectionResetError("The client left.")
    tail = _Tail()
    protocol.keep_alive(False)
    # Not that of a subclass, which would look at the frames: from here on the flow does.
    web.RequestHandler.set_parser(protocol, tail)  # type: ignore[arg-type]  # what it asks of a parser, a tail has
    return Leg(transport, protocol, flow, False, ends), tail.data


def upstream_leg(answer: ClientResponse, flow: Flow, ends: Ends) -> tuple[Leg | None, bytes]:
    """The backend's socket, after its consent, and what was read of it already; no socket where it is gone again."""
    connection = answer.connection
    if connection is None or connection.protocol is None:
        return None, b""
    tail = _Tail()
    connection.protocol.set_parser(tail, None)
    transport = connection.transport
    leg = None if transport is None else Leg(transport, connection.protocol, flow, True, ends)
    return leg, tail.data


def consents(answer: ClientResponse) -> bool:
    """Whether the backend agreed to speak WebSocket, without extensions, which were not offered.

    Raises:
        Problem: 502, it agreed to something else.
    """
    if answer.status != 101:
        return False
    if answer.headers.get("Upgrade", "").lower() != "websocket" or "Sec-WebSocket-Extensions" in answer.headers:
        raise Problem(
            502, "The backend answered wrongly", "The backend agreed to a protocol or an extension not asked for."
        )
    return True
