"""One connection of one user, from the handshake to its end; its socket never waits."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from tests.crowd.wire import CLOSE, PING, PONG, Incoming, frame, request

_READ: Final = 65_536
_ACK: Final = re.compile(rb'\A\{"type":"ack","sequence":(\d+)')
_OPEN_S: Final = 5.0


class Stage(Enum):
    """How far a visit is."""

    GREETING = 1
    OPEN = 2
    LEAVING = 3
    OVER = 4


class Visit:
    """One connection.

    Attributes:
        socket: Its socket.
        user: Who it is.
        stage: How far it is.
        source: What the gateway calls it; empty until it is ready.
        sent: Tracked frames that were written.
        acked: Of them, those that are stored.
        refused: Frames that were answered with an error, by its code.
        ended: How it ended, for people; empty while it has not.
    """

    __slots__ = ("_incoming", "_left", "acked", "ended", "refused", "sent", "socket", "source", "stage", "user")

    def __init__(self, port: int, user: str, token: str, headers: Mapping[str, str]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_OPEN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.user = user
        self.stage = Stage.GREETING
        self.source = self.ended = ""
        self.sent = self.acked = 0
        self.refused: Counter[str] = Counter()
        self._incoming = Incoming()
        self._left = b""
        self._write(request(f"127.0.0.1:{port}", "/ws", headers))
        self._write(frame(json.dumps({"type": "auth", "token": token, "acks": True}).encode()))

    @property
    def whole(self) -> bool:
        """Whether all that was said is on its way."""
        return not self._left

    def say(self, data: bytes) -> bool:
        """Writes a tracked frame; False, and nothing is written, where it is over or one is not on its way yet."""
        if self.stage is Stage.OVER or (self._left and not self.flush()):
            return False
        self.sent += 1
        self._write(data)
        return True

    def flush(self) -> bool:
        """Writes what was left; whether all is on its way now."""
        left, self._left = self._left, b""
        self._write(left)
        return not self._left

    def leave(self) -> None:
        """Says good-bye; the gateway closes once everything is stored."""
        if self.stage is Stage.OVER:
            return
        self.stage = Stage.LEAVING
        self._write(frame(b'{"type":"bye"}'))

    def cut(self, how: str) -> None:
        """Ends it without a farewell."""
        self.ended = self.ended or how
        self.stage = Stage.OVER
        self.socket.close()

    def hear(self) -> None:
        """Takes what came."""
        try:
            data = self.socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError as error:
            self.cut(f"cut: {error.strerror}")
            return
        if not data:
            self.cut("cut: the gateway closed the socket")
            return
        try:
            for opcode, payload in self._incoming.take(data):
                self._heard(opcode, payload)
        except ConnectionError as error:
            self.cut(str(error))

    def account(self) -> dict[str, Any]:
        """What is kept of it."""
        return {
            "user": self.user, "source": self.source, "sent": self.sent, "acked": self.acked,
            "refused": dict(self.refused), "ended": self.ended,
        }  # fmt: skip

    def _heard(self, opcode: int, payload: bytes) -> None:
        if (found := _ACK.match(payload)) is not None:
            self.acked = int(found[1])
        elif opcode == PING:
            self._write(frame(payload, PONG))
        elif opcode == CLOSE:
            self.cut(f"closed {int.from_bytes(payload[:2])}")
        else:
            self._told(json.loads(payload))

    def _told(self, said: Mapping[str, Any]) -> None:
        if said["type"] == "ready":
            self.source, self.stage = said["connection"], Stage.OPEN
        elif said["type"] == "error":
            self.refused[said["code"]] += 1

    def _write(self, data: bytes) -> None:
        if self.stage is Stage.OVER:
            return
        if self._left:
            self._left += data
            return
        with contextlib.suppress(BlockingIOError):
            try:
                data = data[self.socket.send(data) :]
            except (BrokenPipeError, ConnectionResetError):
                self.cut("cut: the gateway closed the socket")
                return
        self._left = data
