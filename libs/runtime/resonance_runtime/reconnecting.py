"""A broker that is away is tried ever less often, by all clients of a process together.

aiokafka has no pause between attempts to connect (Kafka's `reconnect.backoff.max.ms`): each loop of each client tries
every tenth of a second. Six services did so 766 times a second, on the very processors that the broker needed to
start again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiokafka.client
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError, KafkaError

FIRST_S: Final = 0.05
LONGEST_S: Final = 1.0
"""Pauses, seconds: Kafka's own defaults."""

Connect = Callable[..., Awaitable[AIOKafkaConnection]]


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
    if not isinstance(aiokafka.client.create_conn, Reconnecting):
        aiokafka.client.create_conn = Reconnecting(aiokafka.client.create_conn)
