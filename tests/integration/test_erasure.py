"""A person is active, flagged, explained, and then erased: soon nobody knows them, whoever is asked or restarted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import jwt
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType
from redis.asyncio import Redis

from resonance_contracts.topics import FEATURES_COMPUTED, Service
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.people.routes import SNAPSHOTS_WITHIN_S, WITHIN_S
from resonance_gateway.sockets.closing import CloseCode
from resonance_local.stack import Stack
from resonance_runtime.errors import NotFound
from resonance_runtime.objects import BUCKETS, ObjectStore
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings, load
from tests.support.addresses import external
from tests.support.topic_scan import scan

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(external() is None, reason="needs the real Kafka and MinIO that `make test-kafka` starts"),
]

FOUND_S: Final = 60
# What stands in Redis for a minute in place of a value: a time alone.
TOMBSTONE_BYTES: Final = 18


class Settings(RuntimeSettings, ObjectStoreSettings):
    """Where the store is."""


@dataclass
class System:
    """Six services, and everything that could know a person."""

    stack: Stack
    http: ClientSession
    redis: Redis
    objects: ObjectStore

    def token(self, sub: str, *roles: str) -> str:
        claims = {"sub": sub, "exp": time.time() + 3600, "roles": list(roles)}
        return jwt.encode(claims, self.stack.jwt_secret, "HS256")

    def key(self, user_id: str) -> str:
        return Pseudonyms(self.stack.environment["RESONANCE_PSEUDONYM_KEY"]).user(user_id)

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self.token('root', 'admin')}"}
        url = f"{self.stack.url(Service.GATEWAY)}{path}"
        async with self.http.request(method, url, headers=headers, **options) as answer:
            return answer.status, await answer.text()

    async def connect(self, user_id: str) -> ClientWebSocketResponse:
        socket = await self.http.ws_connect(f"{self.stack.url(Service.GATEWAY)}/ws")
        await socket.send_json({"type": "auth", "token": self.token(user_id)})
        assert (await socket.receive_json(timeout=10))["type"] == "ready"
        return socket

    async def shown(self, user_id: str) -> set[str]:
        """Where REST shows something of a user."""
        places = {}
        for what in ("features", "anomalies"):
            places[what] = (await self.ask("GET", f"/ml/{what}/recent?limit=1000"))[1]
        status, text = await self.ask("POST", "/ml/explain/anomaly", json={"user_id": user_id})
        assert status in (200, 404), text
        places["explanation"] = text if status == 200 else ""
        return {place for place, text in places.items() if self.key(user_id) in text}

    async def kept_online(self, user_id: str) -> set[str]:
        """Keys in Redis under which there is a value of a user."""
        found = set()
        async for key in self.redis.scan_iter(f"*{self.key(user_id)}*"):
            if await self.redis.type(key) != b"string" or len(await self.redis.get(key) or b"") > TOMBSTONE_BYTES:
                found.add(key.decode())
        return found

    async def kept_in_objects(self, user_id: str) -> set[str]:
        """Objects in the store that a user's pseudonym stands in."""
        found, key = set(), self.key(user_id).encode()
        for bucket in BUCKETS:
            for name in await self.objects.list(bucket, ""):
                try:
                    if key in await self.objects.get(bucket, name):
                        found.add(f"{bucket}/{name}")
                except NotFound:  # a snapshot that a newer one replaced meanwhile
                    continue
        return found


@pytest.fixture
def stack() -> Iterator[Stack]:
    """All services on real parts."""
    settings = {"RESONANCE_RATE": "1000", "RESONANCE_BURST": "1000"}
    stack = Stack(lambda sentence: None, settings=settings, external=external())
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
async def system(stack: Stack) -> AsyncIterator[System]:
    objects = ObjectStore(load(Settings, stack.environment))
    await objects.start()
    redis = Redis.from_url(stack.environment["RESONANCE_REDIS_URL"])
    async with ClientSession() as http:
        yield System(stack, http, redis, objects)
    await redis.aclose()
    await objects.stop()


async def until(so: Callable[[], Awaitable[bool]], seconds: float, what: str) -> float:
    """Awaits a condition; returns how long that took, seconds."""
    began = time.monotonic()
    while not await so():
        assert time.monotonic() - began < seconds, f"{what} after {seconds:.0f} s"
        await asyncio.sleep(0.3)
    return time.monotonic() - began


async def flood(socket: ClientWebSocketResponse, messages: int = 200) -> None:
    for n in range(messages):
        await socket.send_json({"type": "message", "data": n})
        await asyncio.sleep(0.01)


async def ordinals(system: System, user_id: str) -> list[int]:
    """Ordinals of a user's vectors, in their order, and 0 for the erasure."""
    found = await scan(system.stack.environment["RESONANCE_KAFKA_BOOTSTRAP"], [FEATURES_COMPUTED])
    key = system.key(user_id)
    told: list[int] = []
    for record in found[FEATURES_COMPUTED.name]:
        batch = record.message
        told += [0 for user in batch.erased if user == key]
        told += [n for user, n in zip(batch.user_key, batch.ordinal, strict=True) if user == key]
    return told


async def test_within_the_stated_time_nobody_knows_a_person_who_was_erased(system: System) -> None:
    alice, bob = f"alice-{time.time_ns()}", f"bob-{time.time_ns()}"
    sockets = {user: await system.connect(user) for user in (alice, bob)}
    await asyncio.gather(*(flood(socket) for socket in sockets.values()))

    async def all_know_both() -> bool:
        return all(
            [
                await system.shown(user) == {"features", "anomalies", "explanation"}
                and len(await system.kept_online(user)) >= 2
                and {name.split("/")[1] for name in await system.kept_in_objects(user)}
                >= {"feature-extractor", "predictor"}
                for user in (alice, bob)
            ]
        )

    await until(all_know_both, FOUND_S, "not everybody knows both")
    status, text = await system.ask("DELETE", f"/ml/users/{alice}")
    began = time.monotonic()
    assert status == 202, text

    while (message := await sockets[alice].receive(timeout=10)).type is WSMsgType.TEXT:
        pass
    assert (message.type, message.data) == (WSMsgType.CLOSE, CloseCode.ERASED)

    async def nobody_shows() -> bool:
        return not await system.shown(alice) and not await system.kept_online(alice)

    async def no_object() -> bool:
        return not await system.kept_in_objects(alice)

    await until(nobody_shows, WITHIN_S, "something is shown or kept online")
    print(f"forgotten after {time.monotonic() - began:.1f} s", end=", ")
    await until(no_object, SNAPSHOTS_WITHIN_S, f"kept in {await system.kept_in_objects(alice)}")
    print(f"in no object after {time.monotonic() - began:.1f} s")
    await flood(sockets[bob], 20)
    assert await system.shown(bob) == {"features", "anomalies", "explanation"}
    assert await system.kept_online(bob)
    assert await system.kept_in_objects(bob)

    for service in Service:
        system.stack.children[service].kill()
        system.stack.start_service(service)
    await asyncio.to_thread(system.stack.wait_ready)
    await until(nobody_shows, WITHIN_S, "who was restarted remembers")
    assert await no_object()
    assert "anomalies" in await system.shown(bob)

    again = await system.connect(alice)
    await flood(again, 30)

    async def begins_anew() -> bool:
        told = await ordinals(system, alice)
        return told[len(told) - told[::-1].index(0) :][:2] == [1, 2]

    await until(begins_anew, FOUND_S, "the person did not begin anew")
    await again.close()
