"""What the gateway's tests share: tokens, a recording publisher, a gateway on a loopback port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import activity_pb2
from resonance_gateway.app import Gateway
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.channels import relay as channels_relay
from resonance_gateway.channels.relay import Relay
from resonance_gateway.limits.admission import Admission
from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.limiter import Limits, RateLimiter
from resonance_gateway.people.pseudonyms import AddressKeys, Directory, Pseudonyms
from resonance_gateway.proxy.proxy import Proxy
from resonance_gateway.rest.problems import problems
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.sockets.opening import Doorkeeper
from resonance_gateway.sockets.protocol import Protocol
from resonance_gateway.sockets.verdicts import Judge
from resonance_runtime.errors import Problem, Unavailable
from resonance_runtime.health import Health
from resonance_runtime.records import Outgoing
from services.gateway.tests.issuers import Issuer
from tests.support import waiting
from tests.support.redis_server import RedisServer

SECRET = "a secret for tests, of forty characters"
PSEUDONYM_KEY = "a key of pseudonyms for tests, long enough"
PARTITIONS = 4

MakeToken = Callable[..., str]


@pytest.fixture
def make_token() -> MakeToken:
    """Signs a token; claims by keyword, None leaves one out."""

    def make(sub: Any = "alice", secret: str = SECRET, **claims: Any) -> str:
        content = {"sub": sub, "exp": time.time() + 600, "jti": "token-1", **claims}
        return jwt.encode({k: v for k, v in content.items() if v is not None}, secret, "HS256")

    return make


class RecordingSender:
    """A publisher that keeps what it is given, and fails or holds on demand."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.attempts: list[Outgoing] = []
        self.failures = 0
        self.open = asyncio.Event()
        self.open.set()

    async def send_together(self, outgoing: Sequence[Outgoing]) -> int:
        self.attempts.extend(outgoing)
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise Unavailable("The broker is away.")
        self.sent.extend(outgoing)
        return len(outgoing)

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        await self.send_together(outgoing)

    def batches(self) -> list[activity_pb2.ActivityBatch]:
        """Batches that hold events, in the order they were stored."""
        return [o.value for o in self.sent if isinstance(o.value, activity_pb2.ActivityBatch) and o.value.sequence]

    def events(self) -> list[dict[str, Any]]:
        """All stored events as dictionaries."""
        return [event for batch in self.batches() for event in unpacked(batch)]


def unpacked(batch: activity_pb2.ActivityBatch) -> list[dict[str, Any]]:
    """The events of a batch, from columns to rows."""
    return [
        {
            "stream": batch.stream,
            "user": batch.strings[batch.user[i]],
            "source": batch.strings[batch.source[i]],
            "sequence": batch.sequence[i],
            "time_us": batch.time_us[i],
            "kind": activity_pb2.ActivityKind.Name(batch.kind[i]).removeprefix("ACTIVITY_KIND_").lower(),
            "size": batch.size[i],
            "channel": batch.strings[batch.channel[i]],
            "address": batch.strings[batch.address[i]],
            "token": batch.strings[batch.token[i]],
            "error": batch.error[i],
        }
        for i in range(len(batch.sequence))
    ]


@pytest.fixture
async def sender() -> RecordingSender:
    return RecordingSender()


@pytest.fixture
def rows() -> Callable[[activity_pb2.ActivityBatch], list[dict[str, Any]]]:
    return unpacked


@pytest.fixture
def eventually() -> waiting.Eventually:
    """Returns what a condition gives once it is true."""
    return waiting.eventually


@pytest.fixture
async def spawn() -> AsyncIterator[Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]]]:
    """Starts tasks; at the end they are cancelled, and a failed one fails the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        tasks.append(task)
        return task

    yield start
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [r for r in results if isinstance(r, Exception)] == []


@pytest.fixture
def health() -> Health:
    return Health(stall_s=30)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own, which it may kill."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


MakeProtocol = Callable[..., Protocol]


@pytest.fixture
def make_protocol() -> MakeProtocol:
    """A protocol with its surroundings; `limits` and `per_user` by keyword."""
    directory, admissions = Directory(), {}

    def make(
        limits: Limits = Limits(10.0, 100.0),  # noqa: B008  # frozen
        per_user: int = 8,
        connection: str = "c_1",
        gate: Gate | None = None,
    ) -> Protocol:
        admission = admissions.setdefault(per_user, Admission(per_user))
        pseudonyms = Pseudonyms(PSEUDONYM_KEY)
        addresses = AddressKeys(pseudonyms)
        if gate is None:
            gate = Gate(limits, Limits(1e6, 1e6), addresses)
        doorkeeper = Doorkeeper(Authenticator(SECRET), pseudonyms, directory, admission, addresses, gate)
        judge = Judge(RateLimiter(limits), gate, addresses)
        return Protocol(connection, "192.0.2.7", doorkeeper, judge, 65_536)

    return make


class RecordingRequester:
    """Answers questions with what it was told to; asks nobody."""

    def __init__(self) -> None:
        self.questions: list[Message] = []
        self.timeouts: list[float] = []
        self.answer: Message | Problem = Problem(504, "No answer in time", "Nobody answers here.")

    async def ask(self, topic: Any, question: Message, answer: Any, timeout_s: float) -> Any:
        self.questions.append(question)
        self.timeouts.append(timeout_s)
        if isinstance(self.answer, Problem):
            raise self.answer
        return self.answer


class Running:
    """A gateway that serves on a loopback port, and a client for it."""

    def __init__(
        self, gateway: Gateway, client: TestClient[Any, Any], sender: RecordingSender, requester: RecordingRequester
    ) -> None:
        self.gateway = gateway
        self.client = client
        self.sender = sender
        self.requester = requester


@pytest.fixture
async def start_gateway(
    sender: RecordingSender, spawn: Any, health: Health
) -> AsyncIterator[Callable[..., Awaitable[Running]]]:
    """Starts a gateway; settings by keyword."""
    clients: list[TestClient[Any, Any]] = []
    proxies: list[Proxy] = []
    relays: list[Relay] = []

    async def start(**settings: Any) -> Running:
        chosen = GatewaySettings(**{"jwt_secret": SECRET, "pseudonym_key": PSEUDONYM_KEY, "instance": "g1", **settings})
        requester = RecordingRequester()
        gateway = Gateway(chosen, sender, requester, health, spawn)
        gateway.tracker.begin(PARTITIONS)
        gateway.intake.open()
        gateway.caught_up.set()
        if gateway.relay is not None:
            await gateway.relay.start()
            relays.append(gateway.relay)
        await gateway.sockets.start()
        if gateway.proxy is not None:
            await gateway.proxy.start()
            proxies.append(gateway.proxy)
        app = web.Application(middlewares=[problems])
        app.add_routes(gateway.routes())
        client = TestClient(TestServer(app))
        await client.start_server()
        clients.append(client)
        return Running(gateway, client, sender, requester)

    yield start
    for proxy in proxies:
        await proxy.stop()
    for relay in relays:
        await relay.stop()
    for client in clients:
        await client.close()


@pytest.fixture
async def running(start_gateway: Callable[..., Awaitable[Running]]) -> Running:
    return await start_gateway()


@pytest.fixture
def viewer(make_token: MakeToken) -> dict[str, str]:
    """Headers of one who reads."""
    return {"Authorization": f"Bearer {make_token('vera', roles=['viewer'])}"}


@pytest.fixture
def operator(make_token: MakeToken) -> dict[str, str]:
    """Headers of one who also asks and acts."""
    return {"Authorization": f"Bearer {make_token('olga', roles=['operator'])}"}


@pytest.fixture
def take(running: Running) -> Callable[[Any, Message], None]:
    """Gives the gateway a record of a topic, as if it had been read."""
    return running.gateway.newsroom.take


UNLIMITED = {"rate": 1e6, "burst": 1e6, "address_rate": 1e6, "address_burst": 1e6}


@pytest.fixture
def start(
    start_gateway: Callable[..., Awaitable[Running]], redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Awaitable[Running]]:
    """Starts gateways that share a Redis; settings by keyword."""
    monkeypatch.setattr(channels_relay, "LONGEST_PAUSE_S", 0.1)

    async def one(instance: str, **settings: Any) -> Running:
        return await start_gateway(instance=instance, redis_url=redis_server.url, **UNLIMITED, **settings)

    return one


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An issuer of tokens with an address of its keys."""
    issuer = Issuer()
    await issuer.server.start_server()
    yield issuer
    issuer.open.set()
    await issuer.server.close()
