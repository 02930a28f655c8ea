"""Somebody floods: the predictor limits them at the gateway, nobody else, and only for a while."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from typing import Any

import jwt
import pytest
from aiohttp import ClientSession

from resonance_contracts.shards import partition_of
from resonance_contracts.topics import Service
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_local.stack import Stack
from tests.support.addresses import external

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

LASTS_S = 15
DEADLINE_S = 120


@pytest.fixture(scope="module")
def limiting() -> Iterator[Stack]:
    """The services between a frame and a limit."""
    services = (Service.GATEWAY, Service.FEATURE_EXTRACTOR, Service.PREDICTOR)
    settings = {"RESONANCE_LIMITS": "on", "RESONANCE_LIMITS_LAST_S": str(LASTS_S)}
    stack = Stack(lambda sentence: None, settings, external=external(), services=services)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


class Gateway:
    """What clients and operators ask of it."""

    def __init__(self, stack: Stack, http: ClientSession) -> None:
        self._stack, self._http = stack, http
        self._url = stack.url(Service.GATEWAY)

    def token(self, user: str, *roles: str) -> str:
        claims = {"sub": user, "exp": time.time() + 600, "roles": list(roles)}
        return jwt.encode(claims, self._stack.jwt_secret, "HS256")

    def neighbours(self) -> tuple[str, str]:
        """Two users of one partition: of those, one may be limited."""
        pseudonyms = Pseudonyms(self._stack.environment["RESONANCE_PSEUDONYM_KEY"])
        partitions = int(self._stack.environment["RESONANCE_PARTITIONS"])
        home = partition_of(pseudonyms.user("flooder"), partitions)
        names = (f"bystander-{n}" for n in count())
        return "flooder", next(n for n in names if partition_of(pseudonyms.user(n), partitions) == home)

    async def limits(self, user: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token('boss', 'viewer')}"}
        async with self._http.get(f"{self._url}/ml/limits/{user}", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def send(self, user: str, frames: int) -> int:
        """Sends frames on a connection of their own; returns how many were refused."""
        async with self._http.ws_connect(f"{self._url}/ws") as socket:
            await socket.send_json({"type": "auth", "token": self.token(user)})
            assert (await socket.receive_json(timeout=DEADLINE_S))["type"] == "ready"
            for n in range(frames):
                await socket.send_str(json.dumps({"type": "message", "data": n}))
            await socket.send_json({"type": "ping"})
            refused = 0
            while (frame := await socket.receive_json(timeout=DEADLINE_S))["type"] != "pong":
                refused += frame.get("code") == "rate_limited"
            return refused


@pytest.fixture
async def gateway(limiting: Stack) -> AsyncIterator[Gateway]:
    """It, and a client."""
    async with ClientSession() as http:
        yield Gateway(limiting, http)


async def eventually(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not await holds():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.1)


async def test_who_floods_is_limited_alone_until_it_ends_by_itself(gateway: Gateway) -> None:
    flooder, bystander = gateway.neighbours()
    usual = await gateway.limits(flooder)
    assert usual["source"] == "settings"
    assert await gateway.send(bystander, 20) == 0

    async def limited() -> bool:
        await gateway.send(flooder, 400)
        return bool((await gateway.limits(flooder))["source"] == "model")

    await eventually(limited, "the flood is not limited")
    limit = await gateway.limits(flooder)
    assert 0 < limit["rate"] < usual["rate"]
    (adjustment,) = limit["adjustments"]
    assert "message_flood" in adjustment["reason"]
    assert adjustment["expires_us"] - adjustment["adjusted_us"] == LASTS_S * 1_000_000
    assert await gateway.send(flooder, 400) > 250, "the bucket holds less than before, and was empty"

    assert (await gateway.limits(bystander))["source"] == "settings"
    assert await gateway.send(bystander, 20) == 0

    async def over() -> bool:
        return await gateway.limits(flooder) == usual

    await eventually(over, "the limit does not end by itself")
    assert await gateway.send(flooder, 10) == 0
