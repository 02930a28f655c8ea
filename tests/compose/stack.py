"""The Compose project, started for real under names that are nobody else's."""

from __future__ import annotations

import json
import os
import secrets
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PORT_VARIABLES = (
    "GATEWAY_PORT", "FEATURE_EXTRACTOR_PORT", "PREDICTOR_PORT", "XAI_PORT", "LLM_ORCHESTRATOR_PORT",
    "AUTO_RETRAINER_PORT", "KAFKA_PORT", "MINIO_CONSOLE_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "GRAFANA_PORT",
)  # fmt: skip
# What is published in the clear, whatever is laid over.
PLAIN = ("PROMETHEUS_PORT", "ALERTMANAGER_PORT", "GRAFANA_PORT")
START_S = 300


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
        files: Compose files, the first one the way in.
        wanted: Compose services that are started, with what they need; all if none is named.
        absent: Compose services whose image is neither here nor to be had.
        variables: Further variables of its environment.
        trust: Whom to believe, where its services speak HTTPS; None where they speak plain HTTP.
    """

    root: Path
    project: str = field(default_factory=lambda: f"resonance-test-{secrets.token_hex(4)}")
    ports: dict[str, int] = field(
        default_factory=lambda: dict(zip(PORT_VARIABLES, free_ports(len(PORT_VARIABLES)), strict=True))
    )
    jwt_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    files: tuple[str, ...] = ("docker-compose.ml.yml",)
    wanted: tuple[str, ...] = ()
    absent: list[str] = field(default_factory=list)
    variables: Mapping[str, str] = field(default_factory=dict)
    trust: ssl.SSLContext | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Environment of every command."""
        own = {"RESONANCE_TAG": self.project, "RESONANCE_JWT_SECRET": self.jwt_secret}
        return os.environ | {name: str(port) for name, port in self.ports.items()} | own | dict(self.variables)

    def compose(self, *arguments: str, check: bool = True) -> str:
        """Output of `docker compose …`.

        Raises:
            AssertionError: It failed; with its own words.
        """
        command = [
            "docker", "compose", "--project-name", self.project, "--env-file", ".env.example",
            *(word for file in self.files for word in ("--file", file)), *arguments,
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True)
        assert not check or done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def url(self, variable: str) -> str:
        """Address of a published port."""
        secured = self.trust is not None and variable not in PLAIN
        return f"{'https' if secured else 'http'}://127.0.0.1:{self.ports[variable]}"

    def get(self, variable: str, path: str, headers: Mapping[str, str] | None = None) -> Any:
        """JSON at a published port."""
        request = urllib.request.Request(self.url(variable) + path, headers=dict(headers or {}))  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=5, context=self.trust) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def up(self) -> None:
        """Builds, starts, and waits until everything is healthy."""
        self.compose("build")
        services = self.wanted or self.compose("config", "--services").split()
        self.absent = [name for name in ("grafana",) if name in services and not self._has_image(name)]
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


def engine_missing() -> str:
    """Why no container engine answers; empty where one does."""
    try:
        engine = docker("info")
    except FileNotFoundError:
        return "there is no `docker` command"
    return engine.stderr.strip() if engine.returncode else ""


@contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """Starts it and removes it; its logs are shown if it does not come up."""
    if missing := engine_missing():
        pytest.fail(f"No container engine answers, so nothing was started: {missing}. Install and start Docker.")
    try:
        try:
            stack.up()
        except AssertionError:
            print(stack.compose("ps", "--all", check=False), stack.compose("logs", "--tail", "40", check=False))
            raise
        yield stack
    finally:
        stack.down()
