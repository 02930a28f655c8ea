"""Connections to brokers: one that is lost is an error as any, and a broker that is away is tried ever less often.

aiokafka has no pause between attempts to connect (Kafka's `reconnect.backoff.max.ms`): each loop of each client tries
every tenth of a second. Six services did so 766 times a second, on the very processors that the broker needed to
start again. All clients of a process pause together here.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiokafka.client
import aiokafka.conn
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError

FIRST_S: Final = 0.05
LONGEST_S: Final = 1.0
"""Pauses, seconds: Kafka's own defaults."""

Connect = Callable[..., Awaitable[AIOKafkaConnection]]


class Connection(AIOKafkaConnection):  # type: ignore[misc]  # aiokafka has no types
    """A connection on which it is an error of Kafka's to send when it was lost a moment ago.

    To write to a transport that is closed is a RuntimeError in uvloop, which no caller expects: it ended the service.
    """

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """As aiokafka's; raises KafkaConnectionError."""
        try:
            return super().send(request, expect_response=expect_response)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error


class Reconnecting:
    """Connects as aiokafka does; to an address that failed, not before a pause is over, which doubles.

    Args:
        connect: Makes a connection.
        clock: Seconds.
    """

    def __init__(self, connect: Connect, clock: Callable[[], float] = time.monotonic) -> None:
        self._connect = connect
        self._clock = clock
        self._pauses: dict[tuple[str, int], tuple[float, float]] = {}

    async def __call__(self, host: str, port: int, **how: Any) -> AIOKafkaConnection:
        """A connection.

        Args:
            host, port: Of the broker.
            how: Arguments of aiokafka's `create_conn`.

        Raises:
            OSError, KafkaError: There is none; KafkaConnectionError without an attempt while the pause lasts.
        """
        # Clients that start have no `on_close`, and pauses of their own.
        if "on_close" in how and self._clock() < self._pauses.get((host, port), (0.0, 0.0))[1]:
            raise KafkaConnectionError("it is tried again in a moment")
        try:
            made = await self._connect(host, port, **how)
        except (OSError, KafkaError):
            self._failed(host, port)
            raise
        self._pauses.pop((host, port), None)
        return made

    def _failed(self, host: str, port: int) -> None:
        now = self._clock()
        length, until = self._pauses.get((host, port), (FIRST_S / 2, 0.0))
        # Attempts that were under way together are one.
        if now >= until:
            length = min(2 * length, LONGEST_S)
            self._pauses[host, port] = length, now + length * random.uniform(0.5, 1.0)


def install() -> None:
    """Has all clients of this process connect so."""
    aiokafka.conn.AIOKafkaConnection = Connection
    if not isinstance(aiokafka.client.create_conn, Reconnecting):
        aiokafka.client.create_conn = Reconnecting(aiokafka.client.create_conn)
