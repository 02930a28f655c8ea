"""The whole of `docker-compose.ml.yml`, started for real: traffic in by the published port, incidents out."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from resonance_contracts.topics import TOPICS

pytestmark = [
    # With the images, which are built first.
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        os.environ.get("RESONANCE_COMPOSE_TEST") != "1", reason="starts containers: run `make compose-test`"
    ),
]

PORT_VARIABLES = (
    "GATEWAY_PORT", "FEATURE_EXTRACTOR_PORT", "PREDICTOR_PORT", "XAI_PORT", "LLM_ORCHESTRATOR_PORT",
    "AUTO_RETRAINER_PORT", "KAFKA_PORT", "MINIO_CONSOLE_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "GRAFANA_PORT",
)  # fmt: skip
START_S = 300
DEMO_S = 420
SCRAPED_S = 30
# At most this share of ordinary people may be flagged.
ORDINARY_FLAGGED = 0.02


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    numbers = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return numbers


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One command of the container engine, run to its end."""
    command = ["docker", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@dataclass(slots=True)
class Stack:
    """One run of the Compose project, under names that are nobody else's.

    Attributes:
        root: The repository.
        project: Compose project, and tag of the images that are built for it.
        ports: Published port by its variable.
        absent: Compose services whose image is neither here nor to be had.
    """

    root: Path
    project: str = field(default_factory=lambda: f"resonance-test-{secrets.token_hex(4)}")
    ports: dict[str, int] = field(
        default_factory=lambda: dict(zip(PORT_VARIABLES, free_ports(len(PORT_VARIABLES)), strict=True))
    )
    jwt_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    absent: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """Environment of every command."""
        own = {"RESONANCE_TAG": self.project, "RESONANCE_JWT_SECRET": self.jwt_secret}
        return os.environ | {name: str(port) for name, port in self.ports.items()} | own

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Output of `docker compose …`.

        Raises:
            AssertionError: It failed; with its own words.
        """
        command = [
            "docker", "compose", "--project-name", self.project, "--env-file", ".env.example",
            "--file", "docker-compose.ml.yml", *arguments,
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True)
        assert not check or done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def url(self, variable: str) -> str:
        """Address of a published port."""
        return f"http://127.0.0.1:{self.ports[variable]}"

    def get(self, variable: str, path: str) -> Any:
        """JSON at a published port."""
        with urllib.request.urlopen(self.url(variable) + path, timeout=5) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def up(self) -> None:
        """Builds, starts, and waits until everything is healthy."""
        self.compose("build")
        services = self.compose("config", "--services").split()
        self.absent = [name for name in ("grafana",) if not self._has_image(name)]
        wanted = sorted(set(services) - set(self.absent))
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(START_S), *wanted)

    def down(self) -> None:
        """Removes its containers, networks, volumes and images."""
        self.compose("down", "--volumes", "--remove-orphans", check=False)
        built = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"resonance/*:{self.project}").stdout
        if built:
            docker("image", "rm", *built.split())

    def states(self) -> dict[str, str]:
        """What each container is: its health, or how it ended."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        found = [json.loads(line) for line in lines]
        return {c["Service"]: c["Health"] or f"{c['State']} {c['ExitCode']}" for c in found}

    def _has_image(self, service: str) -> bool:
        image = json.loads(self.compose("config", "--format", "json"))["services"][service]["image"]
        return docker("image", "inspect", image).returncode == 0 or docker("pull", "--quiet", image).returncode == 0


@pytest.fixture(scope="module")
def stack(root: Path) -> Iterator[Stack]:
    """The running stack; its logs are shown if it does not come up."""
    try:
        engine = docker("info")
        missing = engine.stderr.strip() if engine.returncode else ""
    except FileNotFoundError:
        missing = "there is no `docker` command"
    if missing:
        pytest.fail(f"No container engine answers, so nothing was started: {missing}. Install and start Docker.")
    running = Stack(root)
    try:
        try:
            running.up()
        except AssertionError:
            print(running.compose("ps", "--all", check=False), running.compose("logs", "--tail", "40", check=False))
            raise
        yield running
    finally:
        running.down()


def test_everything_is_healthy_and_the_preparations_ended_well(stack: Stack) -> None:
    states = stack.states()
    assert {states.pop(name) for name in ("topics", "buckets", "model-keys")} == {"exited 0"}
    assert set(states.values()) == {"healthy"}, states


def test_dashboards_are_there(stack: Stack) -> None:
    if "grafana" in stack.absent:
        pytest.skip("the Grafana image is neither on this machine nor to be pulled, so it was left out")
    assert stack.get("GRAFANA_PORT", "/api/health")["database"] == "ok"


def test_kafka_has_the_topics_of_the_catalogue_for_consumers_outside(stack: Stack) -> None:
    async def listed() -> set[str]:
        admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{stack.ports['KAFKA_PORT']}")
        await admin.start()
        try:
            return set(await admin.list_topics())
        finally:
            await admin.close()

    ours = {name for name in asyncio.run(listed()) if name.startswith("resonance.")}
    assert ours == {name for topic in TOPICS for name in (topic.name, topic.dead_letters)}


def test_planted_incidents_are_found_through_the_published_port(stack: Stack) -> None:
    command = [
        sys.executable, "-m", "resonance_client.cli.main", "demo", "--once", "--gateway", stack.url("GATEWAY_PORT"),
    ]  # fmt: skip
    done = subprocess.run(command, env=stack.environment, capture_output=True, text=True, timeout=DEMO_S)
    print("\n" + done.stdout)
    assert done.returncode == 0, done.stderr[-4000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["incidents"] > 0
    assert summary["detected"] == summary["explained"] == summary["incidents"], summary
    assert summary["ordinary_users_flagged"] <= ORDINARY_FLAGGED * summary["ordinary_users"], summary
    assert summary["events"] > 0 and summary["latency_ms_p50"] <= summary["latency_ms_p99"]


def test_a_model_was_trained_and_promoted_on_that_traffic(stack: Stack) -> None:
    assert stack.get("AUTO_RETRAINER_PORT", "/health")["details"]["model_version"]
    health = stack.get("PREDICTOR_PORT", "/health")
    assert "model" not in health["degraded"]
    assert health["details"]["signatures"].startswith("asked for")


def test_prometheus_reads_the_metrics_of_everything(stack: Stack) -> None:
    deadline = time.monotonic() + SCRAPED_S
    while True:
        targets = stack.get("PROMETHEUS_PORT", "/api/v1/targets?state=active")["data"]["activeTargets"]
        found = {t["labels"]["job"]: t["health"] for t in targets}
        if set(found.values()) == {"up"} or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert len(found) == 8 and set(found.values()) == {"up"}, found


def test_dashboards_ask_what_prometheus_can_answer(stack: Stack, root: Path) -> None:
    answered = 0
    for path in (root / "grafana/dashboards").glob("*.json"):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", ()):
                query = urllib.parse.urlencode({"query": target["expr"]})
                answer = stack.get("PROMETHEUS_PORT", f"/api/v1/query?{query}")
                assert answer["status"] == "success", target["expr"]
                answered += bool(answer["data"]["result"])
    assert answered > 10, "after traffic, most panels show something"


def test_nothing_is_wrong_with_the_pipeline_by_its_own_rules(stack: Stack) -> None:
    alerts = stack.get("PROMETHEUS_PORT", "/api/v1/alerts")["data"]["alerts"]
    assert [a for a in alerts if a["state"] == "firing"] == []


def test_rules_and_routes_are_valid_to_the_programs_that_read_them(stack: Stack) -> None:
    stack.compose("exec", "-T", "prometheus", "promtool", "check", "config", "/etc/prometheus/prometheus.yml")
    for tests in ("pipeline", "models", "actions"):
        stack.compose("exec", "-T", "prometheus", "promtool", "test", "rules", f"/etc/prometheus/tests/{tests}.yml")
    stack.compose("exec", "-T", "alertmanager", "amtool", "check-config", "/etc/alertmanager/alertmanager.yml")


@pytest.mark.parametrize("service", ["gateway", "auto-retrainer"])
def test_a_service_is_nobody_and_can_write_only_what_is_temporary(stack: Stack, service: str) -> None:
    attempt = "import os, tempfile; tempfile.TemporaryFile(); print(os.getuid(), os.access('/opt', os.W_OK))"
    assert stack.compose("exec", "-T", service, "python", "-c", attempt).split() == ["10001", "False"]
