"""The running stack, as faults and judges use it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from resonance_client.tokens import TokenSigner
from tests.compose.stack import Stack

POLL_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Arrived:
    """An alert as it came to a receiver: fields as Alertmanager's webhook has them."""

    at: float
    receiver: str
    name: str
    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    fingerprint: str


@dataclass(slots=True)
class Scene:
    """The stack, and what came to the receivers so far.

    Attributes:
        folder: Of the files that containers see as /alarms.
        arrived: Oldest first.
    """

    stack: Stack
    folder: Path
    http: aiohttp.ClientSession
    outside_port: int
    arrived: list[Arrived] = field(default_factory=list)
    began: float = field(default_factory=time.time)

    async def command(self, *words: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Exit code and output of a program, run in the repository with the stack's environment."""
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=self.stack.root,
            env=self.stack.environment | dict(environment or {}),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        return process.returncode or 0, out.decode(errors="replace")

    async def docker(self, *words: str) -> str:
        """Output of a command of the engine.

        Raises:
            RuntimeError: It failed; with its own words.
        """
        code, out = await self.command("docker", *words)
        if code:
            raise RuntimeError(f"docker {' '.join(words)}: {out[-800:]}")
        return out

    async def compose(self, *words: str) -> str:
        """Output of a command of Compose; errors as `docker`."""
        files = (word for file in self.stack.files for word in ("--file", file))
        project = ("--project-name", self.stack.project, "--env-file", ".env.example")
        return await self.docker("compose", *project, *files, *words)

    def container(self, service: str) -> str:
        """Name of the container of a service."""
        return f"{self.stack.project}-{service}-1"

    async def behave(self, **modes: str) -> None:
        """Changes how receivers and providers behave."""
        async with self.http.post(f"http://127.0.0.1:{self.outside_port}/mode", json=modes) as answer:
            answer.raise_for_status()

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """What Prometheus says now."""
        url = self.stack.url("PROMETHEUS_PORT") + "/api/v1/query"
        async with self.http.get(url, params={"query": expression}) as answer:
            found: list[dict[str, Any]] = (await answer.json())["data"]["result"]
            return found

    def token(self, user: str, *roles: str) -> str:
        """Of a user of the gateway."""
        return TokenSigner(self.stack.jwt_secret).sign(user, roles=roles)

    async def listen(self) -> None:
        """Takes in what arrives, without end."""
        while True:
            try:
                url = f"http://127.0.0.1:{self.outside_port}/arrived"
                async with self.http.get(url, params={"after": len(self.arrived)}) as answer:
                    self.arrived += map(_arrived, await answer.json())
            except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError):
                pass
            await asyncio.sleep(POLL_S)

    def firing(self, name: str) -> list[Arrived]:
        """What fires of an alert now, as its receiver knows."""
        newest = {one.fingerprint: one for one in self.arrived if one.name == name}
        return [one for one in newest.values() if one.status == "firing"]

    def came(self, name: str, since: float) -> Arrived | None:
        """The first that was told of an alert since a time."""
        return next((a for a in self.arrived if a.name == name and a.status == "firing" and a.at >= since), None)

    async def until(self, so: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float) -> bool:
        """Whether something became so in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            now = so()
            if now if isinstance(now, bool) else await now:
                return True
            await asyncio.sleep(POLL_S)
        return False


def _arrived(one: Mapping[str, Any]) -> Arrived:
    labels, annotations = one["labels"], one["annotations"]
    fields = (one["at"], one["receiver"], labels["alertname"], one["status"], labels, annotations, one["fingerprint"])
    return Arrived(*fields)
