"""Many clients in one thread: the protocol by the library `websockets` without I/O, over bare sockets.

A Python client cannot encode frames as fast as the gateway reads them, so frames are encoded once and sent again and
again.
"""

from __future__ import annotations

import json
import re
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import State
from websockets.uri import parse_uri

from tests.bench.gateway.tokens import token

OPEN_S: Final = 30.0
_ACK: Final = re.compile(rb'"type":"ack","sequence":(\d+)')
_READ: Final = 65_536


class Client:
    """One authenticated client; its socket waits for nothing once it is open.

    Attributes:
        socket: Its socket.
        acked: Newest number that was acknowledged.
        sent: Frames that were sent.
    """

    __slots__ = ("_left", "_protocol", "acked", "sent", "socket")

    def __init__(self, port: int, user: str, acks: bool) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=OPEN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}/ws"), max_size=None)
        self._protocol.send_request(self._protocol.connect())
        self._say()
        while self._protocol.state is State.CONNECTING:
            self._hear()
        self.say({"type": "auth", "token": token(user), "acks": acks})
        answer = self.hear()
        if answer["type"] != "ready":
            raise ConnectionError(f"The gateway did not let {user} in: {answer}.")
        self.acked = 0
        self.sent = 0
        self._left = memoryview(b"")
        self.socket.setblocking(False)

    def say(self, said: dict[str, Any]) -> None:
        """Sends a frame."""
        self._protocol.send_text(json.dumps(said).encode())
        self._say()

    def hear(self) -> dict[str, Any]:
        """Waits for the next frame."""
        while True:
            for event in self._protocol.events_received():
                if isinstance(event, Frame):
                    heard: dict[str, Any] = json.loads(event.data)
                    return heard
            self._hear()

    def write(self, block: bytes, frames: int) -> bool:
        """Sends a block of frames, or what is left of the one before; False where the socket takes no more."""
        if not self._left:
            self._left = memoryview(block)
            self.sent += frames
        try:
            written = self.socket.send(self._left)
        except BlockingIOError:
            return False
        self._left = self._left[written:]
        return not self._left

    @property
    def whole(self) -> bool:
        """Whether no part of a block is left."""
        return not self._left

    def read_acks(self) -> None:
        """Takes what the gateway said, if it said something."""
        try:
            said = self.socket.recv(_READ)
        except BlockingIOError:
            return
        if numbers := _ACK.findall(said):
            self.acked = max(self.acked, int(numbers[-1]))

    def attend(self) -> None:
        """Answers pings that came, so that the gateway does not think it gone."""
        try:
            self._protocol.receive_data(self.socket.recv(_READ))
        except BlockingIOError:
            return
        self._protocol.events_received()
        self._say()

    def send_whole(self, data: bytes) -> None:
        """Sends some bytes, and waits where the socket takes no more for now."""
        left = memoryview(data)
        while left:
            try:
                left = left[self.socket.send(left) :]
            except BlockingIOError:
                select.select([], [self.socket], [], OPEN_S)

    def close(self) -> None:
        """Ends the connection without a farewell."""
        self.socket.close()

    def _say(self) -> None:
        self.send_whole(b"".join(self._protocol.data_to_send()))

    def _hear(self) -> None:
        heard = self.socket.recv(_READ)
        if heard:
            self._protocol.receive_data(heard)
        else:
            self._protocol.receive_eof()
        if self._protocol.handshake_exc is not None:
            raise ConnectionError("The gateway refused the handshake.") from self._protocol.handshake_exc
        if not heard:
            raise ConnectionError("The gateway closed the connection.")


def frame(text: str) -> bytes:
    """A text as one masked frame (RFC 6455, section 5.2)."""
    protocol = ClientProtocol(parse_uri("ws://127.0.0.1/ws"), state=State.OPEN)
    protocol.send_text(text.encode())
    return b"".join(protocol.data_to_send())


@contextmanager
def clients(port: int, number: int, acks: bool) -> Iterator[list[Client]]:
    """Opens some, one user each; closes them."""
    opened: list[Client] = []
    try:
        for i in range(number):
            opened.append(Client(port, f"user-{i}", acks))
        yield opened
    finally:
        for client in opened:
            client.close()
