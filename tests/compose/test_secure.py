"""The same with `deploy/compose/secure.yml`: TLS, everybody as themselves, nothing beyond the topic catalogue."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from resonance_client.tokens import TokenSigner
from resonance_contracts.access import OPERATOR, SUBSCRIBER
from resonance_contracts.topics import ACTIVITY_OBSERVED, ALERTS_RAISED, Service
from tests.compose.stack import Stack, docker, running

pytestmark = [
    # With the images, which are built first.
    pytest.mark.timeout(1800),
    # Of connections that brokers refuse, aiokafka leaves sockets and streams to be collected.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(
        os.environ.get("RESONANCE_COMPOSE_TEST") != "1", reason="starts containers: run `make compose-test`"
    ),
]

T = TypeVar("T")

DEMO_S = 420
PATIENCE_S = 20


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    """The running stack, without what watches it."""
    files = ("docker-compose.ml.yml", "deploy/compose/secure.yml")
    with running(Stack(root, files=files, wanted=tuple(Service))) as started:
        yield started


@pytest.fixture(scope="module")
def authority(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Trusts the authority that was made on the spot, and nobody else."""
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    file.write_text(stack.compose("exec", "-T", "gateway", "cat", "/run/ca/ca.pem"))
    return ssl.create_default_context(cafile=file)


@pytest.fixture
def as_user(stack: Stack, authority: ssl.SSLContext) -> Callable[..., dict[str, Any]]:
    """What a client of the published port is made with, as one of Kafka's users."""

    def arguments(user: str, password: str | None = None) -> dict[str, Any]:
        return {
            "bootstrap_servers": f"127.0.0.1:{stack.ports['KAFKA_PORT']}",
            "security_protocol": "SASL_SSL",
            "ssl_context": authority,
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": password or f"development-only-kafka-{user}",
            "request_timeout_ms": 5000,
        }

    return arguments


def asked(question: Callable[[], Awaitable[T]]) -> T:
    """Runs it to its end, for a bounded time."""
    try:
        return asyncio.run(asyncio.wait_for(question(), PATIENCE_S))
    finally:
        gc.collect()


async def topics_of(arguments: dict[str, Any]) -> list[str]:
    """Topics that a client is shown."""
    admin = AIOKafkaAdminClient(**arguments)
    try:
        await admin.start()
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def write(arguments: dict[str, Any], topic: str) -> None:
    """Writes a record; raises what the broker says."""
    producer = AIOKafkaProducer(**arguments)
    await producer.start()
    try:
        await producer.send_and_wait(topic, b"")
    finally:
        await producer.stop()


async def read(arguments: dict[str, Any], topic: str, group: str) -> int:
    """Reads some records in a group; raises what the broker says."""
    consumer = AIOKafkaConsumer(topic, **arguments, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        while not (found := await consumer.getmany(timeout_ms=500)):
            pass
        return sum(map(len, found.values()))
    finally:
        await consumer.stop()


def test_everything_is_healthy_and_the_preparations_ended_well(stack: Stack) -> None:
    states = stack.states()
    ended = ("topics", "buckets", "model-keys", "certificates", "access")
    assert {states.pop(name) for name in ended} == {"exited 0"}
    assert set(states.values()) == {"healthy"}, states


def test_planted_incidents_are_found_all_the_same(stack: Stack) -> None:
    command = [
        sys.executable, "-m", "resonance_client.cli.main", "demo", "--once", "--gateway", stack.url("GATEWAY_PORT"),
    ]  # fmt: skip
    done = subprocess.run(command, env=stack.environment, capture_output=True, text=True, timeout=DEMO_S)
    assert done.returncode == 0, done.stderr[-4000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["detected"] == summary["explained"] == summary["incidents"] > 0, summary


def test_the_gateway_sees_how_far_behind_every_group_is(stack: Stack) -> None:
    token = TokenSigner(stack.jwt_secret).sign("tester", roles=["operator"])
    state = stack.get("GATEWAY_PORT", "/ml/status", {"Authorization": f"Bearer {token}"})
    assert "lag_unknown" not in state or state["lag_unknown"] is None, state
    busy = {Service.FEATURE_EXTRACTOR, Service.PREDICTOR, Service.XAI, Service.LLM_ORCHESTRATOR}
    assert busy <= {lag["service"] for lag in state["lag"]}, state


def test_who_does_not_speak_tls_is_not_spoken_to(stack: Stack) -> None:
    plain = {"bootstrap_servers": f"127.0.0.1:{stack.ports['KAFKA_PORT']}", "request_timeout_ms": 5000}
    with pytest.raises(KafkaError):
        asked(lambda: topics_of(plain))
    redis = "import redis; redis.Redis('redis', socket_timeout=5).ping()"
    store = "import urllib.request as r; r.urlopen('http://minio:9000/minio/health/live', timeout=5)"
    for attempt in (redis, store):
        command = ("exec", "-T", "gateway", "python", "-c", attempt)
        with pytest.raises(AssertionError, match=r"ConnectionError|HTTP Error 400|RemoteDisconnected"):
            stack.compose(*command)


def test_a_wrong_password_is_refused(as_user: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(KafkaError):
        asked(lambda: topics_of(as_user("xai", "wrong")))


def test_nobody_can_write_or_read_what_is_not_theirs(as_user: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        asked(lambda: write(as_user("xai"), ALERTS_RAISED.name))
    with pytest.raises(TopicAuthorizationFailedError):
        asked(lambda: write(as_user(OPERATOR), ALERTS_RAISED.name))
    with pytest.raises(TopicAuthorizationFailedError):
        asked(lambda: read(as_user(SUBSCRIBER), ACTIVITY_OBSERVED.name, SUBSCRIBER))


def test_a_subscriber_reads_public_topics_in_a_group_of_its_own(as_user: Callable[..., dict[str, Any]]) -> None:
    assert asked(lambda: read(as_user(SUBSCRIBER), ALERTS_RAISED.name, f"{SUBSCRIBER}.tickets"))


def test_nobody_was_refused_what_they_need(stack: Stack) -> None:
    log = docker("logs", f"{stack.project}-kafka-1")
    refused = [line for line in (log.stdout + log.stderr).splitlines() if "is Denied" in line]
    provoked = ("User:xai", f"User:{OPERATOR}", f"User:{SUBSCRIBER}", "User:ANONYMOUS")
    assert [line for line in refused if not any(user in line for user in provoked)] == []
