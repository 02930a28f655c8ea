"""The same with `deploy/compose/secure.yml`: TLS, everybody as themselves, nothing beyond the topic catalogue."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import ssl
import subprocess
import sys
import time
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
def secret_files(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for each secret, as people make it."""
    folder = tmp_path_factory.mktemp("secrets")
    subprocess.run([root / "deploy/compose/secrets/make", folder, "/dev/null"], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def stack(root: Path, secret_files: Path, acls: Path) -> Iterator[Stack]:
    """The running stack, with Prometheus, without the rest of what watches it."""
    layers = ("secure", "secrets", "secure-secrets")
    started = Stack(
        root,
        jwt_secret=(secret_files / "RESONANCE_JWT_SECRET").read_text(encoding="utf-8"),
        files=("docker-compose.ml.yml", *(f"deploy/compose/{name}.yml" for name in layers), str(acls)),
        wanted=(*Service, "prometheus"),
        variables={"RESONANCE_SECRETS_DIR": str(secret_files)},
    )
    with running(started):
        yield started


@pytest.fixture(scope="module")
def acls(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Compose file that puts a list of what is allowed in place of the catalogue's; it begins as that."""
    folder = tmp_path_factory.mktemp("acls")
    (folder / "acls").write_text((root / "deploy/compose/secure/acls").read_text(encoding="utf-8"))
    override = folder / "acls.yml"
    override.write_text(f"services: {{access: {{volumes: ['{folder}/acls:/setup/acls:ro']}}}}")
    return override


@pytest.fixture(scope="module")
def authority_file(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate of the authority that was made on the spot; the stack is asked over HTTPS from now on."""
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    file.write_text(stack.compose("exec", "-T", "gateway", "cat", "/run/ca/ca.pem"))
    stack.trust = ssl.create_default_context(cafile=file)
    return file


@pytest.fixture(scope="module")
def authority(authority_file: Path) -> ssl.SSLContext:
    """Trusts that authority, and nobody else."""
    return ssl.create_default_context(cafile=authority_file)


@pytest.fixture
def as_user(stack: Stack, authority: ssl.SSLContext, secret_files: Path) -> Callable[..., dict[str, Any]]:
    """What a client of the published port is made with, as one of Kafka's users."""

    def arguments(user: str, password: str | None = None) -> dict[str, Any]:
        file = secret_files / f"KAFKA_PASSWORD_{user.upper().replace('-', '_')}"
        return {
            "bootstrap_servers": f"127.0.0.1:{stack.ports['KAFKA_PORT']}",
            "security_protocol": "SASL_SSL",
            "ssl_context": authority,
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": password or file.read_text(encoding="utf-8"),
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


def test_no_secret_is_in_what_docker_tells_of_a_container(stack: Stack, secret_files: Path) -> None:
    ids = stack.compose("ps", "--all", "--quiet").split()
    assert len(ids) > len(Service)
    told = docker("inspect", *ids).stdout
    secrets = {file.name: file.read_text(encoding="utf-8") for file in secret_files.iterdir()}
    assert [name for name, value in secrets.items() if value and value in told] == []
    assert "development-only" not in told


def test_a_service_is_given_the_secrets_that_it_uses_and_no_others(stack: Stack) -> None:
    found = stack.compose("exec", "-T", "feature-extractor", "ls", "/run/secrets").split()
    assert found == ["KAFKA_PASSWORD_FEATURE_EXTRACTOR", "REDIS_PASSWORD", "RESONANCE_S3_SECRET_KEY"]


def test_planted_incidents_are_found_all_the_same(stack: Stack, authority_file: Path) -> None:
    command = [
        sys.executable, "-m", "resonance_client.cli.main", "demo", "--once", "--gateway", stack.url("GATEWAY_PORT"),
    ]  # fmt: skip
    environment = stack.environment | {"SSL_CERT_FILE": str(authority_file)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DEMO_S)
    assert done.returncode == 0, done.stderr[-4000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["detected"] == summary["explained"] == summary["incidents"] > 0, summary


def test_prometheus_reads_every_service_over_https(stack: Stack) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        targets = stack.get("PROMETHEUS_PORT", "/api/v1/targets?state=active")["data"]["activeTargets"]
        found = {t["labels"]["job"]: (t["health"], t["scrapeUrl"].split(":")[0]) for t in targets}
        ours = {name: found.get(name) for name in Service}
        if set(ours.values()) == {("up", "https")} or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert set(ours.values()) == {("up", "https")}, [t["lastError"] for t in targets]


@pytest.mark.usefixtures("authority_file")
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
    service = "import urllib.request as r; r.urlopen('http://predictor:8002/livez', timeout=5)"
    probe = "import urllib.request as r; r.urlopen('http://predictor:8090/livez', timeout=5)"
    for attempt in (redis, store, service, probe):
        command = ("exec", "-T", "gateway", "python", "-c", attempt)
        with pytest.raises(
            AssertionError, match=r"ConnectionError|HTTP Error 400|RemoteDisconnected|Connection refused|reset by peer"
        ):
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


def test_what_is_listed_no_more_is_taken_back_and_what_others_have_stays(
    stack: Stack, acls: Path, as_user: Callable[..., dict[str, Any]]
) -> None:
    tool = "/opt/kafka/bin/kafka-acls.sh --bootstrap-server kafka:9095 --command-config /setup/admin.properties"

    def asked_of_kafka(arguments: str) -> str:
        command = ("run", "--rm", "--no-deps", "-T", "--entrypoint", "bash", "access", "-c", f"{tool} {arguments}")
        return stack.compose(*command)

    before = asked_of_kafka("--list")
    asked_of_kafka("--add --allow-principal User:stranger --operation Read --topic resonance.alerts.raised.v1")
    file = acls.parent / "acls"
    whole = file.read_text(encoding="utf-8")
    rule = f"User:{SUBSCRIBER} --operation Read --topic "
    line = next(line for line in whole.splitlines() if rule in line)
    file.write_text(whole.replace(line, line.replace(f" --topic {ALERTS_RAISED.name}", "")), encoding="utf-8")
    done = stack.compose("run", "--rm", "--no-deps", "-T", "access")
    assert "0 rules added, 1 taken back" in done
    with pytest.raises(TopicAuthorizationFailedError):
        asked(lambda: read(as_user(SUBSCRIBER), ALERTS_RAISED.name, f"{SUBSCRIBER}.tickets"))
    assert "User:stranger" in asked_of_kafka("--list")
    file.write_text(whole, encoding="utf-8")
    assert "1 rules added, 0 taken back" in stack.compose("run", "--rm", "--no-deps", "-T", "access")
    asked_of_kafka(
        "--remove --force --allow-principal User:stranger --operation Read --topic resonance.alerts.raised.v1"
    )
    assert sorted(asked_of_kafka("--list").split()) == sorted(before.split())
    assert asked(lambda: read(as_user(SUBSCRIBER), ALERTS_RAISED.name, f"{SUBSCRIBER}.others"))


def test_nobody_was_refused_what_they_need(stack: Stack) -> None:
    log = docker("logs", f"{stack.project}-kafka-1")
    refused = [line for line in (log.stdout + log.stderr).splitlines() if "is Denied" in line]
    provoked = ("User:xai", f"User:{OPERATOR}", f"User:{SUBSCRIBER}", "User:ANONYMOUS")
    assert [line for line in refused if not any(user in line for user in provoked)] == []
