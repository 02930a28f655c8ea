"""People who use the system while it is broken: quiet ones, ones who send too much, and questions over REST."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

import aiohttp
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.alarms.scene import Scene

FLOODS_EVERY_S: Final = 1.5
FLOOD: Final = 110
QUIET: Final = 12
FEATURES: Final = {"messages_per_minute": 240.0, "error_rate": 0.4}
LOGS: Final = ["2026-01-01 10:00:00 ERROR database connection lost after 30 s", "2026-01-01 10:00:01 INFO retry"]
LATENCIES: Final = [40, 41, 39, 40, 42, 38, 41, 40, 39, 41, 40, 42, 41, 40, 39, 90, 92, 88, 91, 93, 90, 92, 89, 92]


class Traffic:
    """Sends until it is closed; what fails is the fault's business.

    Attributes:
        infer: Whether the models are asked by the protocol of inference servers.
        explain: Whether explanations of predictions are asked for.
        logs: Whether the assistant is asked about logs.
        performance: Whether it is asked about series of figures.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count()
        self.infer = True
        self.explain = False
        self.logs = True
        self.performance = False
        operator = scene.token("operator", "operator", "viewer", "backend")
        self._headers = {"authorization": f"Bearer {operator}"}

    def start(self) -> None:
        """Begins."""
        for number in range(QUIET):
            self._spawn(self._quiet(f"quiet-{number}"))
        self._spawn(self._every(FLOODS_EVERY_S, lambda: self._flood(f"flood-{next(self._numbers)}")))
        self._spawn(self._every(0.4, lambda: self._ask("GET", "/ml/status")))
        self._spawn(self._every(1.0, self._why))
        self._spawn(self._every(1.0, lambda: self._ask("POST", "/ml/anomalies/analyze", {"features": FEATURES})))
        self._spawn(self._every(0.5, self._infer))
        self._spawn(self._every(0.5, self._tell))
        self._spawn(self._every(0.7, self._assist))

    async def stop(self) -> None:
        """Ends all of it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def flood(self, user: str, messages: int) -> None:
        """Messages of a client that does not wait for acknowledgements."""
        await self._flood(user, messages)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _every(self, seconds: float, make: Any) -> None:
        while True:
            self._spawn(make())
            await asyncio.sleep(seconds)

    def _question(self) -> dict[str, Any]:
        """One that was not asked before."""
        return {"features": FEATURES | {"messages_per_minute": 100.0 + next(self._numbers) % 10_000}}

    async def _quiet(self, user: str) -> None:
        url = self._scene.stack.url("GATEWAY_PORT").replace("http", "ws") + "/ws"
        headers = {"authorization": f"Bearer {self._scene.token(user)}"}
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                async with connect(url, additional_headers=headers) as socket:
                    while True:
                        await socket.send(json.dumps({"type": "message", "data": "hello"}))
                        await asyncio.sleep(1.5)
            await asyncio.sleep(1)

    async def _flood(self, user: str, messages: int = FLOOD) -> None:
        url = self._scene.stack.url("GATEWAY_PORT").replace("http", "ws") + "/ws"
        headers = {"authorization": f"Bearer {self._scene.token(user)}"}
        with suppress(OSError, WebSocketException, TimeoutError):
            async with connect(url, additional_headers=headers, open_timeout=10) as socket:
                for _ in range(messages):
                    await socket.send(json.dumps({"type": "message", "data": "hello"}))

    async def _why(self) -> None:
        if self.explain:
            await self._ask("POST", "/ml/explain/prediction", self._question())

    async def _infer(self) -> None:
        if self.infer:
            url = self._scene.stack.url("PREDICTOR_PORT") + "/v2/models/anomaly_detection/infer"
            await self._send("POST", url, {"inputs": []})

    async def _tell(self) -> None:
        """As a backend tells of its users: the answer waits for the broker."""
        event = {"user_id": "told", "sequence": next(self._numbers) + 1, "message_size": 10}
        await self._ask("POST", "/ml/activity", {"source": "backend", "events": [event]})

    async def _assist(self) -> None:
        if self.performance:
            series = {"latency_ms": [*LATENCIES, 90 + next(self._numbers) % 50]}
            await self._ask("POST", "/ml/analyze/performance", {"time_series_data": series, "step_seconds": 60})
        if self.logs:
            entries = [*LOGS, f"2026-01-01 10:00:02 WARN slow request number {next(self._numbers)}"]
            await self._ask("POST", "/ml/analyze/logs", {"log_entries": entries, "deadline_ms": 20_000})

    async def _ask(self, method: str, path: str, body: Any = None) -> None:
        await self._send(method, self._scene.stack.url("GATEWAY_PORT") + path, body)

    async def _send(self, method: str, url: str, body: Any) -> None:
        timeout = aiohttp.ClientTimeout(total=25)
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            asked = self._scene.http.request(method, url, json=body, headers=self._headers, timeout=timeout)
            async with asked as answer:
                await answer.read()
