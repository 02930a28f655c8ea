"""One course: alerts flow, one provider dies, the orchestrator is killed, the other dies too, both come back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final

from aiohttp import ClientSession

from resonance_contracts.topics import ALERTS_ENRICHED, EXPLANATIONS_PRODUCED, Service
from resonance_local.stack import Stack
from resonance_runtime.publisher import Publisher
from resonance_runtime.settings import RuntimeSettings, load
from tests.bench.explained.reading import stamp_by_broker
from tests.degraded.health import attempts, until_said
from tests.degraded.incidents import FIRST, MOST, Incidents, number_of
from tests.degraded.mortal import Death, Mortal
from tests.degraded.reading import Told, begin_again, read
from tests.support.llm_server import ANTHROPIC, OPENAI
from tests.support.topic_scan import left

SERVICES: Final = (Service.GATEWAY, Service.LLM_ORCHESTRATOR)
GROUP: Final = f"{Service.LLM_ORCHESTRATOR}.explained"
STEADY_S: Final = 6.0
"""A phase lasts at least so long."""
BACK_S: Final = 60.0
"""Longest time until somebody who is back is asked again: a breaker is open for 40 s after the fourth probe."""
SETTLE_S: Final = 30.0
AGAIN_S: Final = 0.1
"""A container engine lets so much pass before it starts again what died."""


@dataclass(frozen=True, slots=True)
class Course:
    """How providers die; the first is the one that is asked first.

    Attributes:
        first, second: How they are dead.
        number: Which course of a broker it is, from 0: its incidents are its own.
        rate: Incidents a second.
    """

    first: Death
    second: Death
    number: int = 0
    rate: float = 4.0

    @property
    def first_incident(self) -> int:
        """Number of its first incident."""
        return FIRST + MOST * self.number


@dataclass(slots=True)
class Phase:
    """A part of the course.

    Attributes:
        name: For people.
        began_s: Seconds since the epoch.
        health_s: Until health said what was so, seconds; None where that was waited for otherwise.
        ended_s: As `began_s`.
    """

    name: str
    began_s: float
    health_s: float | None = None
    ended_s: float = 0.0


@dataclass(slots=True)
class Ran:
    """What came of it.

    Attributes:
        course: What was done.
        phases: In order.
        sent_s: When each record was sent, by number of the incident and stage.
        told: Enriched alerts at the end, by id.
        again: The same after all explanations were read a second time.
        providers: Both, with the requests that came.
        killed_s, ready_s: When the orchestrator was killed, and was ready again.
        ill: From when to when each provider was dead or not yet asked again, by name.
        back_s: From its return to its first good answer, seconds, by name.
        attempts: That the orchestrator counted since it was ready again, by provider.
        asked_again: Requests that came while everything was read a second time.
    """

    course: Course
    phases: list[Phase] = field(default_factory=list)
    sent_s: Mapping[tuple[int, int], float] = field(default_factory=dict)
    told: Mapping[str, list[Told]] = field(default_factory=dict)
    again: Mapping[str, list[Told]] = field(default_factory=dict)
    providers: Mapping[str, Mortal] = field(default_factory=dict)
    killed_s: float = 0.0
    ready_s: float = 0.0
    ill: dict[str, tuple[float, float]] = field(default_factory=dict)
    back_s: dict[str, float] = field(default_factory=dict)
    attempts: Counter[str] = field(default_factory=Counter)
    asked_again: int = 0


async def run(course: Course, addresses: Mapping[str, str], tell: Callable[[str], None]) -> Ran:
    """Runs it on the broker and the Redis that the addresses lead to.

    Raises:
        AssertionError: Health does not say what is so, or somebody who is back is not asked again.
        StartFailed: A service did not start.
    """
    providers = {name: Mortal(name) for name in (OPENAI, ANTHROPIC)}
    ran = Ran(course, providers=providers)
    async with AsyncExitStack() as open_:
        for one in providers.values():
            await one.live()
            open_.push_async_callback(one.leave)
        stack = Stack(lambda sentence: None, _settings(providers), external=addresses, services=SERVICES)
        open_.push_async_callback(asyncio.to_thread, stack.stop)
        await asyncio.to_thread(stack.start)
        await stamp_by_broker(addresses["RESONANCE_KAFKA_BOOTSTRAP"], (ALERTS_ENRICHED,))
        http = await open_.enter_async_context(ClientSession())
        await _Play(ran, stack, http, tell).whole()
    return ran


def _settings(providers: Mapping[str, Mortal]) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": "sk-open",
        "OPENAI_BASE_URL": f"{providers[OPENAI].url}/v1",
        "ANTHROPIC_API_KEY": "sk-anth",
        "ANTHROPIC_BASE_URL": providers[ANTHROPIC].url,
        # What another provider says of words that are out already has tests of its own.
        "RESONANCE_LLM_CRITIQUE": "false",
        # As `host` in a container: who is started again has its partitions at once.
        "RESONANCE_KAFKA_MEMBER": "degraded",
    }


class _Play:
    def __init__(self, ran: Ran, stack: Stack, http: ClientSession, tell: Callable[[str], None]) -> None:
        self._ran, self._stack, self._http, self._tell = ran, stack, http, tell
        self._first, self._second = ran.providers[OPENAI], ran.providers[ANTHROPIC]
        self._bootstrap = stack.environment["RESONANCE_KAFKA_BOOTSTRAP"]

    async def whole(self) -> None:
        publisher = Publisher(Service.PREDICTOR, load(RuntimeSettings, self._stack.environment))
        await publisher.start()
        incidents, stop = Incidents(publisher, self._ran.course.rate, self._ran.course.first_incident), asyncio.Event()
        flowing = asyncio.create_task(incidents.flow(stop))
        try:
            await self._phases()
        finally:
            stop.set()
            await flowing
            await publisher.stop()
        await self._settled()
        self._ran.sent_s = incidents.sent_s
        self._ran.told = await self._read()
        counted, before = await attempts(self._http, self._stack), self._requests_since_ready()
        self._ran.attempts = counted
        assert before == {name: counted[name] for name in before}, f"{before} came, {counted} were counted"
        await self._once_more()

    async def _phases(self) -> None:
        first, second, course = self._first, self._second, self._ran.course
        await self._phase("both answer", {OPENAI: True, ANTHROPIC: True})
        died_s = time.time()
        await first.die(course.first)
        await self._phase("the first is dead", {OPENAI: False, ANTHROPIC: True})
        await self._phase("the orchestrator is killed", {OPENAI: False, ANTHROPIC: True}, self._killed)
        second_died_s = time.time()
        await second.die(course.second)
        await self._phase("both are dead", {OPENAI: False, ANTHROPIC: False})
        await second.live()
        await self._phase("the second is back", {OPENAI: False, ANTHROPIC: True}, self._back(second, second_died_s))
        await first.live()
        await self._phase("both are back", {OPENAI: True, ANTHROPIC: True}, self._back(first, died_s))

    async def _phase(
        self, name: str, up: Mapping[str, bool], until: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        phase = Phase(name, time.time())
        self._ran.phases.append(phase)
        self._tell(f"{name.capitalize()}.")
        if until is not None:
            await until()
        steady_s = time.time()
        phase.health_s = await until_said(self._http, self._stack, up)
        await asyncio.sleep(max(0.0, steady_s + STEADY_S - time.time()))
        phase.ended_s = time.time()

    async def _killed(self) -> None:
        self._ran.killed_s = time.time()
        self._stack.children[Service.LLM_ORCHESTRATOR].kill()
        await asyncio.sleep(AGAIN_S)
        self._stack.start_service(Service.LLM_ORCHESTRATOR)
        await asyncio.to_thread(self._stack.wait_ready)
        self._ran.ready_s = time.time()

    def _back(self, who: Mortal, died_s: float) -> Callable[[], Awaitable[None]]:
        """Waits for the first good answer of somebody who is back."""

        async def wait() -> None:
            began_s = time.time()
            while (answered_s := _first_answer(who, began_s)) is None:
                assert time.time() - began_s < BACK_S, f"{who.name} is back and is not asked"
                await asyncio.sleep(0.05)
            self._ran.ill[who.name] = (died_s, answered_s)
            self._ran.back_s[who.name] = answered_s - began_s

        return wait

    async def _read(self) -> Mapping[str, list[Told]]:
        """What was told of this course's incidents."""
        first, told = self._ran.course.first_incident, await read(self._bootstrap)
        return {id_: one for id_, one in told.items() if first <= number_of(id_) < first + MOST}

    async def _settled(self) -> None:
        """Waits until all explanations are words."""
        deadline = time.monotonic() + SETTLE_S
        while await left(self._bootstrap, GROUP, EXPLANATIONS_PRODUCED):
            assert time.monotonic() < deadline, "explanations are left without words"
            await asyncio.sleep(0.2)

    async def _once_more(self) -> None:
        """Reads every explanation a second time, with both providers well: what was said is said again."""
        child = self._stack.children[Service.LLM_ORCHESTRATOR]
        await asyncio.to_thread(child.stop, 20.0)
        await begin_again(self._bootstrap, GROUP)
        before = sum(len(one.came) for one in self._ran.providers.values())
        self._stack.start_service(Service.LLM_ORCHESTRATOR)
        await asyncio.to_thread(self._stack.wait_ready)
        await self._settled()
        self._ran.again = await self._read()
        self._ran.asked_again = sum(len(one.came) for one in self._ran.providers.values()) - before

    def _requests_since_ready(self) -> dict[str, int]:
        """Requests of the orchestrator's second life, of providers that can count them."""
        deaths = {OPENAI: self._ran.course.first, ANTHROPIC: self._ran.course.second}
        return {
            name: sum(came.at_s > self._ran.killed_s + AGAIN_S for came in one.came)
            for name, one in self._ran.providers.items()
            if deaths[name] is not Death.REFUSED
        }


def _first_answer(who: Mortal, since_s: float) -> float | None:
    return next((came.answered_s for came in who.came if came.answered_s and came.at_s >= since_s), None)
