"""Notifications on their way: each in a task of its own, a few at a time to a receiver; pages wait for none of them."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import Final

import aiohttp
from opentelemetry.trace import Status, StatusCode

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome
from resonance_llm_orchestrator.notifying.plan import Receiver
from resonance_llm_orchestrator.notifying.reasons import Reason
from resonance_llm_orchestrator.notifying.ways import KafkaWay
from resonance_llm_orchestrator.sinks.message import Message
from resonance_llm_orchestrator.sinks.requests import Secrets, request_of
from resonance_llm_orchestrator.sinks.sending import Sender
from resonance_llm_orchestrator.telling.traces import AlertTraces
from resonance_runtime import metrics
from resonance_runtime.delays import Delay, Step
from resonance_runtime.wall_clock import now_us

AT_ONCE: Final = 8
"""Notifications on their way to one receiver by one way."""

PAGE: Final = Delay(Step.PAGE)
NOTIFICATION: Final = Delay(Step.NOTIFICATION)

Ended = Callable[[Decision, Outcome], Awaitable[None]]


class Delivering:
    """Sends notifications.

    Args:
        receivers: By name.
        secrets: What ways have that name none of their own.
        give_up_s: Longest time for one, seconds.
        ended: Told what became of each.
        traces: Of the alerts that are told of.
    """

    def __init__(
        self,
        receivers: Mapping[str, Receiver],
        secrets: Secrets,
        give_up_s: float,
        ended: Ended,
        traces: AlertTraces | None = None,
    ) -> None:
        self._ways = {(name, way.name): way for name, receiver in receivers.items() for way in receiver.ways}
        self._secrets = secrets
        self._give_up_s = give_up_s
        self._ended = ended
        self._traces = traces or AlertTraces()
        self._http: aiohttp.ClientSession | None = None
        self._slots: dict[tuple[str, str], asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending: dict[str, tuple[Decision, asyncio.Task[None]]] = {}

    def begin(self, message: Message) -> None:
        """Sends one, in place of what is being sent to the same receiver of the same group; returns at once."""
        place = message.decision.place
        if (overtaken := self._sending.pop(place, None)) is not None:
            overtaken[1].cancel()
            _count(overtaken[0], "overtaken")
        task = asyncio.create_task(self._deliver(message))
        self._sending[place] = message.decision, task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def cancel(self) -> None:
        """Leaves what is on its way to whoever goes on, and closes the connections."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._sending.clear()
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _deliver(self, message: Message) -> None:
        decision = message.decision
        place = (decision.receiver, decision.way)
        started = time.monotonic()
        async with nullcontext() if decision.reason is Reason.PAGE else self._slots[place]:
            with self._traces.telling(decision) as span:
                outcome = await self._outcome(message)
                if outcome.failure:
                    span.set_status(Status(StatusCode.ERROR))
        # From here on it is over: nothing overtakes it any more.
        self._sending.pop(decision.place, None)
        word = "not_wanted" if decision.quiet else "failed" if outcome.failure else "sent"
        _count(decision, word)
        metrics.NOTIFICATION_ATTEMPTS.labels(*place).inc(outcome.attempts)
        metrics.NOTIFICATION_SECONDS.labels(*place).observe(time.monotonic() - started)
        if word == "sent":
            _time(message)
        await self._ended(decision, outcome)

    async def _outcome(self, message: Message) -> Outcome:
        decision = message.decision
        way = self._ways.get((decision.receiver, decision.way))
        if way is None:
            sentence = f"The file of routes has no {decision.way} of {decision.receiver} any more."
            return Outcome(now_us(), 0, sentence)
        config = way.config
        if decision.quiet or isinstance(config, KafkaWay):
            return Outcome(now_us(), 0)
        if self._http is None:
            self._http = aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())
        sender = Sender(self._http, self._give_up_s)
        return await sender.send(lambda: request_of(message, config, self._secrets), config.timeout_s)


def _count(decision: Decision, outcome: str) -> None:
    metrics.NOTIFICATIONS.labels(decision.receiver, decision.way, decision.reason, outcome).inc()


def _time(message: Message) -> None:
    """Of the open incidents that it tells for the first time, how long that took."""
    delay = PAGE if message.decision.reason is Reason.PAGE else NOTIFICATION
    news = frozenset(message.decision.news)
    for incident in message.incidents:
        if incident.alert_id in news and incident.state == incident_pb2.INCIDENT_STATE_OPEN:
            delay.observe(incident.enriched.alert)
