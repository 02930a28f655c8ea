"""A demonstration: people write, some misbehave, and what is raised is told and judged as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from secrets import token_hex
from types import TracebackType
from typing import Final, Self

from resonance_client.alerts.watch import Arrival, Watcher
from resonance_client.errors import AuthenticationRefused, ClientError, GatewayUnreachable
from resonance_client.rest import GatewayRest
from resonance_client.simulation.judge import Judge, Summary
from resonance_client.simulation.plan import START_S, Chapter, Planted, Scenario, frames, further, make_plan
from resonance_client.terminal.screen import Screen
from resonance_client.terminal.telling import Teller
from resonance_client.terminal.words import clock
from resonance_client.tokens import TokenSigner
from resonance_client.traffic.driver import Driver, Progress
from resonance_client.traffic.pacing import Pace

OPERATOR: Final = "resonance-demo"
POLL_S: Final = 0.25
QUIET_S: Final = 1.5
UNHURRIED: Final = 120.0
"""Speed-up of what follows the plan: an incident about every quarter of a minute."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How a demonstration runs.

    Attributes:
        gateway: Address of the gateway.
        scenario: What happens.
        language: "en" or "ru".
        speed_up: Event seconds per real second.
        ready_s: Longest wait for the services.
        model_s: Longest wait for the first model, after which the demonstration goes on without one.
        verdict_s: Longest wait, after the traffic and whatever came last, for incidents that are still missing.
    """

    gateway: str
    scenario: Scenario
    language: str = "en"
    speed_up: float = 540.0
    ready_s: float = 120.0
    model_s: float = 120.0
    verdict_s: float = 30.0


class Demo:
    """One demonstration; use as `async with`, then `run`, then `go_on` if it shall not end.

    Args:
        options: How it runs.
        signer: Signs the tokens of users and of the operator who watches.
        screen: Where it is told.
    """

    def __init__(self, options: DemoOptions, signer: TokenSigner, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._teller = Teller(screen, options.language)
        self._plan = make_plan(options.scenario)
        self._stage = "Learning"
        self._span_us = (0, 1)
        token = signer.sign(OPERATOR, roles=["operator"])
        stream = f"demo-{options.scenario.seed}-{token_hex(4)}"
        self._judge = Judge(f"replay:{stream}", options.scenario.ordinary_users)
        self._rest = GatewayRest(options.gateway, token)
        self._watcher = Watcher(options.gateway, token, since_s=START_S)
        self._driver = Driver(options.gateway, stream, signer, Pace(options.speed_up), on_progress=self._tell_progress)
        self._watching: asyncio.Task[None] | None = None
        self._last_arrival = 0.0

    @property
    def planted(self) -> tuple[Planted, ...]:
        """What is to be found in the first round."""
        return self._plan.incidents.planted

    @property
    def people(self) -> int:
        """How many there are, ordinary and planted."""
        return len(self._plan.people)

    @property
    def frames(self) -> int:
        """How many frames the first round sends."""
        return frames(self._plan.learning.actions) + frames(self._plan.incidents.actions)

    def interrupted_summary(self) -> Summary:
        """The verdict on a first round that did not come to its end: what was not played is missing, too."""
        self._judge.plant(self.planted)
        return self.summary()

    def summary(self) -> Summary:
        """The verdict so far."""
        return self._judge.summary(self._driver.progress.acknowledged)

    async def __aenter__(self) -> Self:
        await self._rest.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._driver.__aexit__(kind, error, trace)
        await self._rest.__aexit__(kind, error, trace)

    async def run(self) -> Summary:
        """Wait for the services, learn, wait for a model, plant incidents, and judge.

        Raises:
            ClientError: The services did not become ready, or the traffic could not be sent.
        """
        await self._wait_for_services()
        await self._start_watching()
        await self._play("Learning", self._plan.learning)
        await self.ready_to_plant()
        await self._play("Incidents", self._plan.incidents)
        await self._settle()
        return self.summary()

    async def go_on(self) -> None:
        """Ordinary traffic and a new incident now and then, without end."""
        self._driver.set_pace(Pace(UNHURRIED))
        for number in count(1):
            await self._play("Further", further(self._plan, number))

    async def ready_to_plant(self) -> None:
        """Wait for the first model; without one, rules and baselines do what they can."""
        found = await self._poll("Model", self._model_missing, self._options.model_s)
        if found is None:
            self._screen.line("A model was promoted; incidents begin.", "bold")
        else:
            self._screen.line(f"No model within {self._options.model_s:.0f} s ({found}); incidents begin without one.")

    async def _play(self, stage: str, chapter: Chapter) -> None:
        self._judge.plant(chapter.planted)
        self._stage = stage
        self._span_us = (chapter.actions[0].time_us, chapter.actions[-1].time_us)
        await self._driver.play(chapter.actions)
        self._raise_if_blind()

    async def _wait_for_services(self) -> None:
        missing = await self._poll("Services", self._services_missing, self._options.ready_s)
        if missing is not None:
            raise GatewayUnreachable(f"Not ready within {self._options.ready_s:.0f} s: {missing}")

    async def _services_missing(self) -> str | None:
        try:
            unready = await self._rest.unready()
            missing = [*unready.values()] or (await self._rest.status()).missing
        except AuthenticationRefused:
            raise
        except ClientError as error:
            return str(error)
        return missing[0] if missing else None

    async def _model_missing(self) -> str | None:
        try:
            status = await self._rest.status()
        except ClientError as error:
            return str(error)
        if status.champion is None:
            return status.reason_of("auto-retrainer") or "The auto-retrainer has not promoted a model yet."
        return status.reason_of("predictor", about="model")

    async def _poll(self, stage: str, missing: Callable[[], Awaitable[str | None]], patience_s: float) -> str | None:
        """Ask until nothing is missing; returns what is when patience ends."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience_s
        while (sentence := await missing()) is not None and loop.time() < end:
            self._screen.progress(stage, sentence)
            await asyncio.sleep(POLL_S)
        return sentence

    async def _start_watching(self) -> None:
        self._watching = asyncio.create_task(self._watch())
        connected = asyncio.create_task(self._watcher.connected.wait())
        await asyncio.wait({connected, self._watching}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        connected.cancel()
        self._raise_if_blind()
        if not self._watcher.connected.is_set():
            raise GatewayUnreachable("The gateway did not open /ws/alerts within 10 s; its log says why.")

    def _raise_if_blind(self) -> None:
        if self._watching is not None and self._watching.done():
            self._watching.result()

    async def _watch(self) -> None:
        async for arrival in self._watcher.arrivals():
            if self._judge.take(arrival):
                self._last_arrival = asyncio.get_running_loop().time()
                self._tell(arrival)

    def _tell(self, arrival: Arrival) -> None:
        event = arrival.event
        note = ""
        if event.type == "alert" and event.state == "open":
            planted = self._judge.planted_for(event)
            note = f"planted: {planted.kind}" if planted else "not planted"
        self._teller.tell(event, note)

    async def _settle(self) -> None:
        """Until nothing is missing and nothing more arrives, or patience ends."""
        loop = asyncio.get_running_loop()
        done_at = loop.time()
        while (quiet_s := loop.time() - max(self._last_arrival, done_at)) < self._options.verdict_s:
            if self._judge.complete and quiet_s >= QUIET_S:
                return
            self._screen.progress("Verdict", f"{self.summary().explained} explained, waiting for the last alerts.")
            await asyncio.sleep(POLL_S)
            self._raise_if_blind()

    def _tell_progress(self, progress: Progress) -> None:
        begin_us, end_us = self._span_us
        share = min(1.0, max(0.0, (progress.event_us - begin_us) / max(1, end_us - begin_us)))
        self._screen.progress(
            self._stage,
            f"{clock(progress.event_us)}, {progress.acknowledged} frames stored, {progress.open} connections open",
            share,
        )
