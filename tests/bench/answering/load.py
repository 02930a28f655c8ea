"""Clients that ask over HTTP/1.1: `python -m tests.bench.answering.load`.

One thread, bare sockets and requests that were encoded once, so that little of the measured time is the client's own.
Without a rate each connection asks again when it was answered. With one, questions are due at random moments (Poisson)
whatever was answered, and count from when they were due, so a slow moment is seen by all that fall into it. Prints
what was seen as JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, Final

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE_S: Final = 10.0
# The first requests find caches cold; they are not counted.
_WARM_S: Final = 1.0


class _Connection:
    """One connection, when what it asked last was due, and when it was asked."""

    __slots__ = ("_said", "_socket", "asked", "due")

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._said = b""
        self.due = self.asked = 0.0

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def ask(self, request: bytes, due: float) -> None:
        """Sends a request that was due at a time."""
        self.due, self.asked = due, time.perf_counter()
        self._socket.sendall(request)

    def answer(self) -> bytes | None:
        """The answer's body, None while it is not whole; ConnectionError where it is no success."""
        if not (part := self._socket.recv(65_536)):
            raise ConnectionError("The connection was closed.")
        self._said += part
        head, end, body = self._said.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return None
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"It was refused: {self._said.decode()}")
        self._said = b""
        return body


class _Seen:
    """Times from due to answered, of all that were due after the warm-up."""

    def __init__(self, seconds: float) -> None:
        self.began = time.perf_counter() + _WARM_S
        self.ends = self.began + seconds
        self.times: list[float] = []
        self.late: list[float] = []
        self.last = b""
        self.answers = 0
        self._used_before = 0.0

    def took(self, due: float, asked: float, body: bytes) -> None:
        now = time.perf_counter()
        self.answers += 1
        if self.began <= due and now < self.ends + _PATIENCE_S:
            self.times.append(now - due)
            self.late.append(asked - due)
        elif now < self.began:
            self._used_before = time.process_time()
        self.last = body

    def summary(self) -> dict[str, Any]:
        """What is printed.

        Returns:
            answers: All of them, those of the warm-up too; per_second, p50_ms, p99_ms, most_ms: Of those after it;
            late_p99_ms: How late the clients themselves asked, which is part of the times; client_cores: Processor
            time of the clients themselves over the time; last: The last answer.
        """
        elapsed = time.perf_counter() - self.began
        times = sorted(self.times)
        return {
            "answers": self.answers,
            "per_second": len(times) / elapsed,
            "p50_ms": times[len(times) // 2] * 1000,
            "p99_ms": times[int(len(times) * 0.99)] * 1000,
            "most_ms": times[-1] * 1000,
            "late_p99_ms": sorted(self.late)[int(len(times) * 0.99)] * 1000,
            "client_cores": round((time.process_time() - self._used_before) / elapsed, 2),
            "last": json.loads(self.last),
        }


def _closed(connections: Sequence[_Connection], requests: Sequence[bytes], seconds: float) -> _Seen:
    following = cycle(requests).__next__
    seen = _Seen(seconds)
    for connection in connections:
        connection.ask(following(), time.perf_counter())
    while (now := time.perf_counter()) < seen.ends:
        for connection in select.select(connections, (), (), _PATIENCE_S)[0]:
            if (body := connection.answer()) is not None:
                seen.took(connection.due, connection.asked, body)
                connection.ask(following(), now)
    return seen


def _open(connections: Sequence[_Connection], requests: Sequence[bytes], seconds: float, rate: float) -> _Seen:
    following = cycle(requests).__next__
    gaps = random.Random(1)
    idle = deque(connections)
    busy: list[_Connection] = []
    seen = _Seen(seconds)
    due = time.perf_counter()
    while busy or due < seen.ends:
        now = time.perf_counter()
        while due <= min(now, seen.ends) and idle:
            connection = idle.popleft()
            connection.ask(following(), due)
            busy.append(connection)
            due += gaps.expovariate(rate)
        wait = _PATIENCE_S if not idle or due >= seen.ends else max(due - time.perf_counter(), 0.0)
        for connection in select.select(busy, (), (), wait)[0]:
            if (body := connection.answer()) is not None:
                seen.took(connection.due, connection.asked, body)
                busy.remove(connection)
                idle.append(connection)
    return seen


def main(arguments: Sequence[str]) -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.answering.load")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--bodies", type=Path, required=True, help="a file with a JSON body a line, sent in turn")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float, default=0.0, help="questions a second; 0 for without a pause")
    given = parser.parse_args(arguments)
    requests = [_request(given.path, body) for body in given.bodies.read_bytes().splitlines()]
    connections = [_Connection(given.port) for _ in range(given.connections)]
    if given.rate:
        seen = _open(connections, requests, given.seconds, given.rate)
    else:
        seen = _closed(connections, requests, given.seconds)
    print(json.dumps(seen.summary()))


def _request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


if __name__ == "__main__":
    main(sys.argv[1:])
