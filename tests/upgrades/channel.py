"""A client that listens to a channel through whatever is done to its gateway, and one that publishes in it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from resonance_client import Authentication, Publication, ServerFrame, Session, TokenSigner, publish, subscribe
from resonance_client.backoff import Backoff
from resonance_client.frames import Subscribed
from tests.chaos.evidence import CLOSING_USERS
from tests.chaos.outcome import Outcome

CHANNEL: Final = "upgrades"
EVERY_S: Final = 0.1
LAST_S: Final = 30.0


@dataclass
class Channel:
    """Both of them.

    Attributes:
        ports: Of the gateways: the reader is at the first, the writer at the second.
        secret: Signs tokens.
        sent: How many publications were sent.
    """

    ports: list[int]
    secret: str
    sent: int = 0
    told: list[ServerFrame] = field(default_factory=list)
    sockets: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Publishes numbers until `end`; returns when the reader has the last one, or had time enough."""
        signer, quick = TokenSigner(self.secret), Backoff(0.05, 0.5)
        urls = [f"ws://127.0.0.1:{port}/ws" for port in self.ports]
        reader = Session(
            urls[0], Authentication(signer.sign(CLOSING_USERS.format(8))), backoff=quick, on_frame=self.told.append
        )
        writer = Session(urls[1], Authentication(signer.sign(CLOSING_USERS.format(9))), backoff=quick)
        async with reader, writer:
            await reader.send(subscribe([CHANNEL]))
            while not any(isinstance(frame, Subscribed) for frame in self.told):
                await asyncio.sleep(0.05)
            for number in count():
                if self._stop.is_set():
                    break
                await writer.send(publish(CHANNEL, number))
                self.sent = number + 1
                await asyncio.sleep(EVERY_S)
            await writer.drained()
            try:
                async with asyncio.timeout(LAST_S):
                    while self.sent - 1 not in self._values():
                        await asyncio.sleep(0.1)
            except TimeoutError:
                self.sockets = reader.sockets_opened
                return
        self.sockets = reader.sockets_opened

    def end(self) -> None:
        """No more is published."""
        self._stop.set()

    def outcome(self) -> Outcome:
        """Whether the reader has every publication once, in order."""
        offsets = [frame.position.offset for frame in self._heard() if frame.position]
        values = self._values()
        seen = Counter(values)
        faults = [f"publication {number} did not come" for number in range(self.sent) if number not in seen]
        faults += [f"publication {number} came {times} times" for number, times in seen.items() if times > 1]
        if offsets != list(range(1, len(offsets) + 1)):
            faults.append("the numbers of publications are not 1, 2, 3 …")
        if values != sorted(values):
            faults.append("publications came in another order")
        if self.sockets < 2:
            faults.append("the reader was never cut, so nothing was recovered")
        found = f"{len(values):,} publications over {self.sockets} connections"
        return Outcome("a client that comes back has every publication of its channel once, in order", found, faults)

    def _heard(self) -> list[Publication]:
        return [frame for frame in self.told if isinstance(frame, Publication) and frame.channel == CHANNEL]

    def _values(self) -> list[int]:
        return [frame.data for frame in self._heard()]
