"""A backend that tells the gateway what its users did, hour by hour of the past."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import jwt
from aiohttp import ClientSession

from resonance_contracts.topics import Service
from resonance_local.stack import Stack
from tests.freshness.outage import events, hour

STREAM: Final = "replay:outage"
BATCH: Final = 1000


@dataclass(slots=True)
class Backend:
    """Tells one stream of the past, in order.

    Attributes:
        stack: Where to.
        http: By what.
        hours: Hours that were told.
        told: Events that were stored.
    """

    stack: Stack
    http: ClientSession
    hours: int = 0
    told: int = 0

    async def tell_hour(self, *, away: bool) -> None:
        """Tells the next hour; returns when it is stored."""
        found = list(events(hour(self.hours, away=away)))
        for first in range(0, len(found), BATCH):
            await self._post(found[first : first + BATCH])
        self.hours += 1

    async def _post(self, some: list[dict[str, object]]) -> None:
        claims = {"sub": "backend", "exp": time.time() + 600, "roles": ["replay"]}
        headers = {"Authorization": f"Bearer {jwt.encode(claims, self.stack.jwt_secret, 'HS256')}"}
        numbered = [{**event, "sequence": self.told + 1 + i} for i, event in enumerate(some)]
        body = {"source": "outage", "stream": STREAM, "events": numbered}
        url = f"{self.stack.url(Service.GATEWAY)}/ml/activity"
        async with self.http.post(url, json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            taken = await answer.json()
        assert taken == {"accepted": len(some), "refused": []}, taken["refused"][:3]
        self.told += len(some)
