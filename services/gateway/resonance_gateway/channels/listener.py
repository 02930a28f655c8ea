"""One connection to Redis that is told of publications."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection

_AT_ONCE: Final = 1000
# A connection that is silent for this long is asked for a sign, and given up after twice as long.
QUIET_S: Final = 5.0


class Listener:
    """Subscribes in Redis to what is wanted, and hands over what comes.

    Args:
        pool: Makes the connection.
        message: Takes a name and a publication.
        confirmed: Takes a name from whose publications none is missed from now on.
    """

    def __init__(
        self, pool: ConnectionPool, message: Callable[[str, bytes], None], confirmed: Callable[[str], None]
    ) -> None:
        self._connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]
        self._message = message
        self._confirmed = confirmed
        self._subscribed: set[str] = set()
        self._unconfirmed: dict[str, int] = {}

    async def connect(self) -> None:
        """Connects; raises RedisError or OSError."""
        await self._connection.connect()  # type: ignore[no-untyped-call]

    async def subscribe_to(self, names: Iterable[str]) -> None:
        """Subscribes to these names and no others."""
        wanted = set(names)
        gone, new = list(self._subscribed - wanted), list(wanted - self._subscribed)
        self._subscribed = wanted
        for name in new:
            self._unconfirmed[name] = self._unconfirmed.get(name, 0) + 1
        for command, changed in (("UNSUBSCRIBE", gone), ("SUBSCRIBE", new)):
            for i in range(0, len(changed), _AT_ONCE):
                await self._connection.send_command(command, *changed[i : i + _AT_ONCE])

    def is_confirmed(self, name: str) -> bool:
        """Whether nothing of this name is missed."""
        return name in self._subscribed and name not in self._unconfirmed

    @property
    def all_confirmed(self) -> bool:
        """Whether nothing of what is subscribed to is missed."""
        return not self._unconfirmed

    async def read(self) -> None:
        """Reads one thing; raises TimeoutError when nothing comes for too long."""
        async with asyncio.timeout(2 * QUIET_S):
            said = await self._connection.read_response(timeout=inf, disconnect_on_error=False, push_request=True)
        if not isinstance(said, list) or len(said) < 3:
            return
        kind, name = said[0], said[1].decode() if said[1] is not None else ""
        if kind == b"message":
            self._message(name, said[2])
        elif kind == b"subscribe":
            left = self._unconfirmed.get(name, 1) - 1
            if left:
                self._unconfirmed[name] = left
            else:
                self._unconfirmed.pop(name, None)
                if name in self._subscribed:
                    self._confirmed(name)

    async def run(self) -> None:
        """Reads without end."""
        while True:
            await self.read()

    async def keep_alive(self) -> None:
        """Asks for signs of life, without end."""
        while True:
            await asyncio.sleep(QUIET_S)
            await self._connection.send_command("PING")

    async def close(self) -> None:
        """Ends the connection."""
        await self._connection.disconnect(nowait=True)
