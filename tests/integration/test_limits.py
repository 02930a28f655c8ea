"""Limits of two gateway processes: shared, kept through SIGKILL, and adjusted while clients are connected."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

import aiohttp
import jwt
import pytest
from redis.asyncio import Redis

from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.embedded

SECRET = "a secret of the tests of limits, long enough"
PSEUDONYM_KEY = "a key of pseudonyms of the tests of limits"
BURST = 50
DEADLINE_S = 120


@dataclass
class Gateway:
    """A gateway in a process of its own."""

    child: Child
    url: str

    def await_ready(self) -> None:
        """Returns once it is."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            assert self.child.exit_status is None and time.monotonic() < deadline, self.child.last_words()
            try:
                with urlopen(f"{self.url}/readyz", timeout=5):  # noqa: S310  # a loopback address of ours
                    return
            except OSError:
                time.sleep(0.05)


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of the tests' own."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def gateways(
    parts: Stack, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Gateway]]:
    """Two of them, ready."""
    started = []
    folder = tmp_path_factory.mktemp("gateways")
    for name in ("one", "other"):
        port = Ports().any()
        environment = {
            **parts.environment,
            "RESONANCE_REDIS_URL": redis_server.url,
            "RESONANCE_JWT_SECRET": SECRET,
            "RESONANCE_PSEUDONYM_KEY": PSEUDONYM_KEY,
            "RESONANCE_HTTP_PORT": str(port),
            "RESONANCE_INSTANCE": f"limits-{name}",
            "RESONANCE_RATE": "0.5",
            "RESONANCE_BURST": str(BURST),
        }
        child = Child(name, [sys.executable, "-m", "resonance_gateway"], environment, folder / f"{name}.log")
        child.start()
        started.append(Gateway(child, f"http://127.0.0.1:{port}"))
    try:
        for gateway in started:
            gateway.await_ready()
        yield started
    finally:
        for gateway in started:
            gateway.child.kill()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client."""
    async with aiohttp.ClientSession() as session:
        yield session


def token(user: str, *roles: str) -> str:
    claims = {"sub": user, "exp": time.time() + 600, "jti": user, "roles": list(roles)}
    return jwt.encode(claims, SECRET, "HS256")


class Client:
    """A connected user."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def refused(self) -> dict[str, Any] | None:
        """Sends a frame; None where it passed."""
        await self._socket.send_str(json.dumps({"type": "message", "data": 0}))
        await self._socket.send_str(json.dumps({"type": "ping"}))
        answer: dict[str, Any] | None = None
        while (frame := await self._socket.receive_json(timeout=DEADLINE_S))["type"] != "pong":
            answer = frame
        return answer


@asynccontextmanager
async def connected(session: aiohttp.ClientSession, gateway: Gateway, user: str) -> AsyncIterator[Client]:
    """A user's connection."""
    async with session.ws_connect(f"{gateway.url}/ws") as socket:
        await socket.send_json({"type": "auth", "token": token(user)})
        assert (await socket.receive_json(timeout=DEADLINE_S))["type"] == "ready"
        yield Client(socket)


async def test_an_adjusted_limit_is_in_force_on_the_other_gateway_until_it_expires(
    session: aiohttp.ClientSession, gateways: list[Gateway]
) -> None:
    one, other = gateways
    limit = {"rate": 0, "expires_s": 3, "reason": "test"}
    async with connected(session, other, "bob") as bob:
        assert await bob.refused() is None
        headers = {"Authorization": f"Bearer {token('boss', 'operator')}"}
        async with session.put(f"{one.url}/ml/limits/bob", json=limit, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        began = time.monotonic()

        while (refused := await bob.refused()) is None:
            assert time.monotonic() < began + limit["expires_s"], "it is not in force in time"
            await asyncio.sleep(0.02)
        assert "blocked" in refused["message"] and 0 < refused["retry_after"] <= limit["expires_s"]

        while await bob.refused() is not None:
            assert time.monotonic() < began + DEADLINE_S, "it did not expire"
            await asyncio.sleep(0.02)
        assert time.monotonic() - began > limit["expires_s"] - 0.5


async def test_limits_survive_a_gateway_that_is_killed(
    session: aiohttp.ClientSession, gateways: list[Gateway], redis_server: RedisServer
) -> None:
    one, other = gateways
    async with connected(session, one, "alice") as alice:
        while await alice.refused() is None:
            pass
    redis = Redis.from_url(redis_server.url)
    key = f"resonance:limits:{Pseudonyms(PSEUDONYM_KEY).user('alice')}:0.5:{float(BURST)!r}"
    deadline = time.monotonic() + DEADLINE_S
    while await redis.pttl(key) < 1000 * (BURST - 10) / 0.5:
        assert time.monotonic() < deadline, "what was spent did not come to Redis"
        await asyncio.sleep(0.01)
    await redis.aclose()
    one.child.kill()

    passed = 0
    async with connected(session, other, "alice") as alice:
        while await alice.refused() is None:
            passed += 1
            await asyncio.sleep(0.02)

    assert passed < BURST / 2, "the other gateway asks while the first frames pass, and not later"
