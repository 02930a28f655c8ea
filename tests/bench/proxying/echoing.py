"""Clients that send to an echo at a steady pace: `python -m tests.bench.proxying.echoing`.

One thread, bare sockets and a frame that was encoded once, so that little of the measured time is the client's own. A
message counts from when it was due, so a slow moment is seen by all that fall into it. Prints the times, microseconds,
as JSON.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from tests.bench.gateway.clients import frame

_HANDSHAKE: Final = (
    "GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
_PAUSE_S: Final = 0.0001
_OPEN_S: Final = 10.0
_LAST_S: Final = 10.0
# The first messages find caches cold; they are not counted.
_WARM_S: Final = 1.0


class _Client:
    """One connection, and when its messages that did not come back yet were due."""

    __slots__ = ("_answer", "_read", "due", "socket")

    def __init__(self, port: int, answer: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_OPEN_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(_HANDSHAKE.encode())
        said = b""
        while not said.endswith(b"\r\n\r\n"):
            if not (part := self.socket.recv(4096)):
                raise ConnectionError(f"The handshake was refused: {said.decode()}")
            said += part
        if not said.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"The handshake was refused: {said.decode()}")
        self.due: deque[float] = deque()
        self._answer = answer
        self._read = 0

    def read(self, times: list[float]) -> None:
        """Takes what came back."""
        try:
            said = self.socket.recv(65_536, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        if not said:
            raise ConnectionError("The connection was closed.")
        now = time.perf_counter()
        self._read += len(said)
        while self._read >= self._answer:
            self._read -= self._answer
            times.append(now - self.due.popleft())


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.proxying.echoing")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True, help="messages a second of all together")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--bytes", type=int, default=100, help="of a message, at most 125")
    given = parser.parse_args(arguments)
    clients = [_Client(given.port, given.bytes + 2) for _ in range(given.connections)]
    times = _run(clients, frame("x" * given.bytes), given.rate, given.seconds)
    print(json.dumps([round(seconds * 1e6, 1) for seconds in times[int(_WARM_S * given.rate) :]]), flush=True)


def _run(clients: Sequence[_Client], message: bytes, rate: float, seconds: float) -> list[float]:
    poll = select.epoll()
    of = {client.socket.fileno(): client for client in clients}
    for number in of:
        poll.register(number, select.EPOLLIN)
    times: list[float] = []
    count = int((seconds + _WARM_S) * rate)
    began, sent = time.perf_counter(), 0
    deadline = began + seconds + _WARM_S + _LAST_S
    while len(times) < count and (now := time.perf_counter()) < deadline:
        while sent < count and began + sent / rate <= now:
            client = clients[sent % len(clients)]
            client.due.append(began + sent / rate)
            client.socket.sendall(message)
            sent += 1
        ready = poll.poll(0)
        for number, _ in ready:
            of[number].read(times)
        if not ready:
            time.sleep(_PAUSE_S)
    if len(times) < count:
        raise TimeoutError(f"Of {count} messages only {len(times)} came back.")
    return times


if __name__ == "__main__":
    main(sys.argv[1:])
