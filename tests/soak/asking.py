"""People who ask while the traffic flows: REST of all kinds, and one who watches the alerts."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import aiohttp

from resonance_client.alerts.watch import Watcher

Ask = tuple[str, str, dict[str, Any] | None]
"""Method, address and body."""

EVERY_S: Final = 1.0
WATCH_S: Final = 60.0
"""The watcher connects anew so often."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
_SMART: Final = {
    "alert_data": {"message": "High error rate detected", "metric": "error_rate", "value": 0.25, "threshold": 0.1},
    "context": {"service": "websocket", "environment": "production", "affected_users": 150},
    "recipient_role": "devops",
}


@dataclass(slots=True)
class Asked:
    """What came of it.

    Attributes:
        answers: How often each address was answered with each status.
        seconds: How long each address took.
        watched: Events that the watcher got.
        watches: Connections of the watcher.
    """

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    watched: int = 0
    watches: int = 0

    @property
    def failures(self) -> dict[str, int]:
        """Answers that say that the system, not the question, was wrong; 0 stands for none at all."""
        return {f"{path} {status}": n for (path, status), n in self.answers.items() if status >= 500 or status == 0}


async def ask(gateway: str, token: str, until: asyncio.Event, asked: Asked) -> None:
    """Asks a question a second until told to end."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT) as http:
        watching = asyncio.create_task(_watch(gateway, token, asked))
        alert_ids: list[str] = []
        try:
            for question in _questions(alert_ids):
                if until.is_set():
                    return
                began = time.monotonic()
                await _one(http, gateway, question, asked, alert_ids)
                rest_s = EVERY_S - (time.monotonic() - began)
                if rest_s > 0:
                    await asyncio.sleep(rest_s)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


def _questions(alert_ids: list[str]) -> Iterator[Ask]:
    for number in count():
        yield "GET", "/ml/status", None
        yield "GET", "/ml/incidents", None
        if alert_ids:
            one = alert_ids[number % len(alert_ids)]
            methods = ["shap", "counterfactual"] if number % 5 else ["shap", "lime", "plots"]
            yield "POST", "/ml/explain/anomaly", {"alert_id": one, "methods": methods}
        yield "POST", "/ml/explain/prediction", {"features": {"messages_per_minute": 20 + number % 300}}
        yield "GET", "/ml/anomalies/recent", None
        yield "POST", "/ml/alerts/smart", _SMART | {"language": "ru" if number % 2 else "en"}
        yield "POST", "/ml/anomalies/analyze", {"features": {"messages_per_minute": 240, "error_rate": 0.4}}
        yield "GET", "/ml/features/recent?limit=100", None


async def _one(http: aiohttp.ClientSession, gateway: str, question: Ask, asked: Asked, alert_ids: list[str]) -> None:
    method, path, body = question
    name, began = path.split("?")[0], time.monotonic()
    try:
        async with http.request(method, gateway + path, json=body) as response:
            status, answer = response.status, await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError):
        status, answer = 0, {}
    asked.answers[name, status] += 1
    asked.seconds.setdefault(name, []).append(time.monotonic() - began)
    if name == "/ml/incidents" and status == 200:
        alert_ids[:] = [one["alert_id"] for one in answer.get("incidents", [])][:50]


async def _watch(gateway: str, token: str, asked: Asked) -> None:
    while True:
        asked.watches += 1
        try:
            async with asyncio.timeout(WATCH_S):
                async for _ in Watcher(gateway, token).arrivals():
                    asked.watched += 1
        except TimeoutError:
            continue
