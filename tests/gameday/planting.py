"""Incidents that are planted, one a second: a new user sends one large message, and one alert must come of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from resonance_client.frames import Authentication, message
from resonance_client.tokens import TokenSigner
from tests.chaos.conversation import Conversation

KIND: Final = "large_messages"
# The plan's own messages are smaller.
LARGE: Final = 4000
RULE: Final[Mapping[str, Any]] = {
    "kind": KIND,
    "severity": "high",
    "when": [f"avg_message_size >= {LARGE}"],
    "covers": ["volume", "channels", "timing", "session"],
}
EVERY_S: Final = 1.0
DRAINED_S: Final = 90.0


@dataclass(slots=True)
class Planted:
    """One incident.

    Attributes:
        user: Id of the user.
        sent_s: When the user began to connect, seconds since the epoch.
        stored_s: When the message was acknowledged; None where it never was.
        talk: The user's connection.
    """

    user: str
    sent_s: float
    talk: Conversation
    stored_s: float | None = None


@dataclass(slots=True)
class Planting:
    """Plants incidents until it is stopped.

    Attributes:
        port: Where the gateway listens on loopback.
        signer: Signs the users' tokens.
        planted: All of them, in order.
    """

    port: int
    signer: TokenSigner
    clock: Callable[[], float] = time.time
    planted: list[Planted] = field(default_factory=list)
    _under_way: list[asyncio.Task[None]] = field(default_factory=list)

    async def plant(self, stop: asyncio.Event) -> None:
        """Plants one after the other; returns when the last is stored.

        Raises:
            TimeoutError: One is not, long after everything is well.
        """
        began = time.monotonic()
        while not stop.is_set():
            self._under_way.append(asyncio.create_task(self._one(len(self.planted) + 1)))
            await asyncio.sleep(max(0.0, began + EVERY_S * len(self._under_way) - time.monotonic()))
        async with asyncio.timeout(DRAINED_S):
            await asyncio.gather(*self._under_way)

    async def _one(self, number: int) -> None:
        user = f"planted-{number}"
        talk = Conversation([self.port], Authentication(self.signer.sign(user)), self.clock)
        planted = Planted(user, self.clock(), talk)
        self.planted.append(planted)
        await talk.send(message("!" * (LARGE + 100)))
        await talk.drained()
        planted.stored_s = self.clock()
        await talk.leave(None)
