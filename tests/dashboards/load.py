"""Load of every kind on the running system, by its published ports alone."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from aiokafka import AIOKafkaProducer

from resonance_client.tokens import TokenSigner
from resonance_contracts.topics import ACTIVITY_SUBMITTED
from tests.compose.stack import Stack
from tests.dashboards.people import people, raised
from tests.dashboards.questions import Ask, questions

DEMO_S: Final = 300
PAUSE_S: Final = 0.3
"""Between two questions."""
DECIDED: Final = 3
"""Actions that are decided on in a round."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Load:
    """What is sent.

    Attributes:
        stack: The running system.
        seconds: How long.
        say: Told how it goes.
        statuses: Answers so far, by path without its query and status.
    """

    stack: Stack
    seconds: float
    say: Say
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    _token: str = ""
    _until: float = 0.0

    async def run(self) -> None:
        """Sends all of it, side by side."""
        self._token = TokenSigner(self.stack.jwt_secret).sign("load", roles=["operator", "backend"])
        self._until = time.monotonic() + self.seconds
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as http:
            await raised(self.stack, http, self._token)
            await asyncio.gather(
                people(self.stack, http, self.seconds), self._demo(), self._asking(http), self._models(http),
                self._follow(http), self._poison(),
            )  # fmt: skip

    async def _demo(self) -> None:
        """The simulator with planted incidents; a model is trained on it."""
        command = (
            "-m", "resonance_client.cli.main", "demo", "--once", "--gateway", self.stack.url("GATEWAY_PORT"),
        )  # fmt: skip
        pipe = asyncio.subprocess.PIPE
        demo = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=self.stack.environment, stdout=pipe, stderr=pipe
        )
        try:
            out, error = await asyncio.wait_for(demo.communicate(), DEMO_S)
            lines = out.decode().strip().splitlines() or error.decode().strip().splitlines() or ["nothing"]
            self.say(f"The simulator says: {lines[-1][:160]}")
        except TimeoutError:
            demo.kill()
            await demo.wait()
            self.say(f"The simulator did not end within {DEMO_S} s.")

    async def _asking(self, http: aiohttp.ClientSession) -> None:
        """Asks everything, round after round."""
        round_ = 0
        while time.monotonic() < self._until:
            round_ += 1
            for ask in questions(round_, await self._alert(http)):
                await self._ask(http, ask)
                await asyncio.sleep(PAUSE_S)
            await self._decide(http, round_)
            self.say(f"Round {round_} of questions, {sum(self.statuses.values())} answers so far.")

    async def _models(self, http: aiohttp.ClientSession) -> None:
        """Trains further versions, and rolls one back."""
        deadline = time.monotonic() + self.seconds
        train = Ask("POST", "/ml/models/train", {"model_name": "anomaly_detection", "auto_deploy": True})
        while time.monotonic() < deadline:
            await asyncio.sleep(min(45.0, self.seconds / 5))
            await self._ask(http, train)
            await asyncio.sleep(min(45.0, self.seconds / 5))
            await self._ask(http, Ask("POST", "/ml/models/anomaly_detection/rollback", {"reason": "seen under load"}))

    async def _follow(self, http: aiohttp.ClientSession) -> None:
        """An operator who follows alerts."""
        headers = {"Authorization": f"Bearer {self._token}"}
        async with http.ws_connect(f"{self.stack.url('GATEWAY_PORT')}/ws/alerts", headers=headers) as ws:
            while (left := self._until - time.monotonic()) > 0:
                try:
                    await ws.receive(timeout=left)
                except TimeoutError:
                    return
                if ws.closed:
                    return

    async def _poison(self) -> None:
        """A record that nobody can read: it goes to the dead letters."""
        producer = AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{self.stack.ports['KAFKA_PORT']}")
        await producer.start()
        try:
            for _ in range(3):
                await producer.send_and_wait(ACTIVITY_SUBMITTED.name, b"this is no record")
        finally:
            await producer.stop()

    async def _alert(self, http: aiohttp.ClientSession) -> str | None:
        """An incident that is open."""
        found = await self._ask(http, Ask("GET", "/ml/incidents?state=open&limit=5"))
        incidents = (found or {}).get("incidents", []) if isinstance(found, dict) else []
        return incidents[0]["alert_id"] if incidents else None

    async def _decide(self, http: aiohttp.ClientSession, round_: int) -> None:
        """Approves some actions, rejects others, and takes one back."""
        found = await self._ask(http, Ask("GET", "/ml/actions?state=proposed"))
        waiting = found.get("actions", []) if isinstance(found, dict) else []
        for number, action in enumerate(waiting[:DECIDED]):
            decision = "reject" if (round_ + number) % 3 == 0 else "approve"
            await self._ask(http, Ask("POST", f"/ml/actions/{action['action_id']}/{decision}", {"reason": "decided"}))

    async def _ask(self, http: aiohttp.ClientSession, ask: Ask) -> Any:
        headers = {**({"Authorization": f"Bearer {self._token}"} if ask.token else {}), **ask.headers}
        url = self.stack.url(ask.port) + ask.path
        path = ask.path.partition("?")[0]
        try:
            async with http.request(ask.method, url, json=ask.body, headers=headers) as answer:
                self.statuses[path, answer.status] += 1
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            self.statuses[path, 0] += 1
            return None
        try:
            return json.loads(text)
        except ValueError:
            return None
