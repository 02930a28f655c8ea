"""Ports: the usual ones where they are free, others where they are not."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field


def is_free(port: int) -> bool:
    """Whether nobody listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@dataclass(slots=True)
class Ports:
    """Hands out ports, each once.

    Attributes:
        moved: Sentences about ports that were taken.
    """

    moved: list[str] = field(default_factory=list)
    _given: set[int] = field(default_factory=set)

    def usual(self, what: str, port: int) -> int:
        """This port if it is free, else any; a sentence says so."""
        if port not in self._given and is_free(port):
            self._given.add(port)
            return port
        other = self.any()
        self.moved.append(f"Port {port} for {what} is taken by another program, so {what} listens on {other}.")
        return other

    def any(self) -> int:
        """Some free port."""
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            if port not in self._given:
                self._given.add(port)
                return port
