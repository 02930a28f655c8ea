"""What can be seen from outside while the day goes on: how services are, and what operators are answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from resonance_contracts.topics import Service
from tests.gameday.stage import Stage

HEALTH_EVERY_S: Final = 0.5
HEALTH_TIMEOUT_S: Final = 2.0
ASK_EVERY_S: Final = 0.5
ASK_TIMEOUT_S: Final = 8.0
UNREACHABLE: Final = "unreachable"
READY: Final = "ready"
_VALUES: Final = {"messages_per_minute": 25.0, "error_rate": 0.15}
QUESTIONS: Final[Sequence[tuple[str, str, str, Mapping[str, Any] | None]]] = (
    ("gateway", "GET", "/ml/status", None),
    ("predictor", "POST", "/ml/anomalies/analyze", {"features": _VALUES}),
    ("xai", "POST", "/ml/explain/anomaly", {"user_id": "planted-1"}),
    ("llm-orchestrator", "POST", "/ml/analyze/logs", {"log_entries": ["ERROR: no route to host"] * 4}),
    ("auto-retrainer", "GET", "/ml/models/train", None),
)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a service's `/health`.

    Attributes:
        at_s: When, seconds since the epoch.
        state: "ready", "degraded", "unready", "stalled", or "unreachable".
        reasons: What it says of that.
    """

    at_s: float
    service: str
    state: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to an operator.

    Attributes:
        asked_s: When it was asked for, seconds since the epoch.
        of: The service that has to answer.
        status: Of HTTP; 0 where none came.
        took_s: Until it came, seconds.
    """

    asked_s: float
    of: str
    status: int
    took_s: float


@dataclass(slots=True)
class Probing:
    """Looks and asks until cancelled."""

    stage: Stage
    token: str
    looks: list[Look] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    _now: dict[str, Look] = field(default_factory=dict)

    async def look(self) -> None:
        """Looks at every service twice a second."""
        async with ClientSession(timeout=ClientTimeout(HEALTH_TIMEOUT_S)) as http:
            await asyncio.gather(*(self._look_at(http, service) for service in Service))

    async def ask(self) -> None:
        """Asks one question after the other, without waiting for the answers before."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"http://127.0.0.1:{self.stage.gateway_port}"
        async with ClientSession(url, headers=headers, timeout=ClientTimeout(ASK_TIMEOUT_S)) as http:
            began, under_way = time.monotonic(), set[asyncio.Task[None]]()
            for number in count():
                task = asyncio.create_task(self._ask(http, number))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                await asyncio.sleep(max(0.0, began + ASK_EVERY_S * (number + 1) - time.monotonic()))

    def unwell(self, since_s: float) -> Iterator[str]:
        """What is not known to be ready since a time, in words."""
        for service in Service:
            look = self._now.get(service)
            if look is None or look.at_s <= since_s:
                yield f"{service} was not looked at"
            elif look.state != READY:
                yield f"{service} is {look.state} ({'; '.join(look.reasons)[:160]})"

    async def _look_at(self, http: ClientSession, service: Service) -> None:
        while True:
            at_s = time.time()
            state, reasons = await self._health(http, service)
            look = self._now[service] = Look(at_s, service, state, reasons)
            self.looks.append(look)
            await asyncio.sleep(max(0.0, at_s + HEALTH_EVERY_S - time.time()))

    async def _health(self, http: ClientSession, service: Service) -> tuple[str, tuple[str, ...]]:
        try:
            async with http.get(f"{self.stage.url(service)}/health") as answer:
                said = await answer.json()
        except (ClientError, TimeoutError, OSError, ValueError):
            return UNREACHABLE, ()
        lists = (said["unready"], said["degraded"], said["stalled"])
        return said["state"], tuple(f"{name}: {reason}" for found in lists for name, reason in found.items())

    async def _ask(self, http: ClientSession, number: int) -> None:
        of, method, path, body = QUESTIONS[number % len(QUESTIONS)]
        asked_s = time.time()
        try:
            async with http.request(method, path, json=body) as answer:
                await answer.read()
                status = answer.status
        except (ClientError, TimeoutError, OSError):
            status = 0
        self.answers.append(Answer(asked_s, of, status, time.time() - asked_s))
