"""Traffic shifts, drift is seen, a challenger is trained, watched, tried, promoted, breaks, and is taken back.

All the while every vector is predicted, once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

import pytest
from aiohttp import ClientSession

from resonance_auto_retrainer.status import State
from resonance_contracts.topics import Service
from resonance_local.stack import Stack
from tests.freshness.backend import Backend
from tests.freshness.onlooker import Onlooker, until
from tests.support.addresses import external

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(external() is None, reason="needs the real Kafka and MinIO that `make test-kafka` starts"),
]

SERVICES: Final = (Service.GATEWAY, Service.FEATURE_EXTRACTOR, Service.PREDICTOR)
"""Without the auto-retrainer, which comes when a day is known: a day passes in seconds here, and a model of its first
two hours, when nothing was usual of anybody, would find everybody unusual later."""
SETTINGS: Final = {
    "RESONANCE_TRAIN_MIN_VECTORS": "6000",
    # Four hours without the application fill it, so that a model learned then knows nothing of it.
    "RESONANCE_TRAIN_MAX_VECTORS": "8000",
    "RESONANCE_TRAIN_MIN_SPAN": "100",
    "RESONANCE_TRAIN_SEARCH_S": "3",
    "RESONANCE_DRIFT_COOLDOWN_MIN": "0",
    # The stages of a trial, in minutes of the clock: seconds here.
    "RESONANCE_TRIAL_SHADOW_MIN": "0.05",
    "RESONANCE_TRIAL_SHARE": "0.3",
    "RESONANCE_TRIAL_MIN": "0.05",
    "RESONANCE_TRIAL_MAX_MIN": "0.15",
    "RESONANCE_TRIAL_MIN_VECTORS": "500",
    # Long enough for the fault.
    "RESONANCE_BAKE_MIN": "60",
}
DAY_H: Final = 26
"""Hours until what is ordinary is known of a whole day."""
SHIFT_H: Final = 30
TRIALS_H: Final = 400
BACK_H: Final = 20
STAGE_S: Final = 120.0
HOUR_S: Final = 4.0
"""That an hour takes while there is a training, at most."""
LONGEST_GAP_S: Final = 10.0
"""Between two records of predictions while traffic comes, on a busy machine."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The services of a model's life."""
    found = Stack(lambda sentence: None, SETTINGS, external=external(), services=SERVICES)
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture
async def onlooker(stack: Stack) -> AsyncIterator[Onlooker]:
    """Who reads everything."""
    found = Onlooker()
    reading = asyncio.create_task(found.read(stack.environment["RESONANCE_KAFKA_BOOTSTRAP"]))
    yield found
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


class Life:
    """Tells traffic until something came about."""

    def __init__(self, stack: Stack, http: ClientSession, onlooker: Onlooker) -> None:
        self.backend = Backend(stack, http)
        self._stack = stack
        self.onlooker = onlooker
        self._retrainer = f"{stack.url(Service.AUTO_RETRAINER)}/train"
        self._http = http
        self._state: dict[str, Any] = {}
        self._began = time.monotonic()

    async def start(self, service: Service) -> None:
        """Starts one more, and returns when it is ready."""
        self._stack.services = (*self._stack.services, service)
        self._stack.start_service(service)
        await asyncio.to_thread(self._stack.wait_ready)

    async def hours(self, most: int, come: Callable[[], bool], what: str, *, away: bool) -> None:
        """Tells hour after hour until it has come about; raises AssertionError where it does not."""
        for _ in range(most):
            if come():
                break
            await self.backend.tell_hour(away=away)
            await self._caught_up()
            await self._paced()
        await until(come, what, STAGE_S, self.said)
        self.note(what)

    def note(self, what: str) -> None:
        """Prints when something came about."""
        print(f"{time.monotonic() - self._began:6.1f} s, hour {self.backend.hours:3}: {what}")

    def said(self) -> list[str]:
        """What the services said last, for a failure."""
        aliases = [f"{c.alias} {c.model_version[:8]}: {c.reason}" for c in self.onlooker.changes]
        return [*aliases, *self.trainings(), str(self._state)[:3000]]

    def trainings(self) -> list[str]:
        """How each training ended."""
        return [
            f"{t.model_name} because of {t.trigger}, {t.outcome}: {t.message}" for t in self.onlooker.trainings.values()
        ]

    async def _caught_up(self) -> None:
        """Every vector that is known is predicted: nothing is ahead of the model's trial."""
        seen = self.onlooker
        await until(lambda: len(seen.predicted) >= len(seen.vectors), "predictions of all", STAGE_S, self.said)

    async def _paced(self) -> None:
        """While a training is under way hours pass slowly: at full speed it would take days of them, not minutes."""
        if Service.AUTO_RETRAINER not in self._stack.services:
            return
        began = time.monotonic()
        await self._look()
        while self._state["state"] == State.TRAINING and time.monotonic() - began < HOUR_S:
            await asyncio.sleep(0.1)
            await self._look()

    async def _look(self) -> None:
        async with self._http.get(self._retrainer) as answer:
            self._state = await answer.json()


async def test_a_model_is_replaced_when_traffic_shifts_and_taken_back_when_it_breaks(
    stack: Stack, onlooker: Onlooker
) -> None:
    async with ClientSession() as http:
        life = Life(stack, http, onlooker)
        await life.hours(DAY_H, lambda: life.backend.hours >= DAY_H, "a day of ordinary traffic", away=False)
        await life.start(Service.AUTO_RETRAINER)
        await until(lambda: bool(onlooker.named("champion")), "a first model", STAGE_S, life.said)
        first = onlooker.named("champion")
        onlooker.since_quiet()

        await life.hours(SHIFT_H, lambda: bool(onlooker.drifts), "drift", away=True)
        # A candidate may be withdrawn, and then the next one is trained.
        await life.hours(TRIALS_H, lambda: onlooker.named("champion") != first, "a new champion", away=True)
        second = onlooker.named("champion")
        await until(lambda: onlooker.named("shadow") == first, "the former one in the shadow", STAGE_S, life.said)

        # The application is in order again, and the new model finds everybody unusual who has it.
        await life.hours(BACK_H, lambda: onlooker.named("champion") == first, "the former champion again", away=False)
        await until(lambda: not onlooker.named("shadow"), "the end of the trial", STAGE_S, life.said)
        back = onlooker.versions[first]
        await life.hours(BACK_H, lambda: onlooker.versions[first] > back, "its predictions", away=False)

    assert onlooker.drifts[0].model_version == first
    champions = [change for change in onlooker.changes if change.alias == "champion"]
    assert [change.model_version for change in champions] == [first, second, first]
    way = [change.alias for change in onlooker.changes if change.model_version == second]
    assert way == ["shadow", "challenger", "champion"]
    assert "because of drift" in next(change.reason for change in onlooker.changes if change.model_version == second)
    assert "was rolled back" in champions[-1].reason
    assert {t.trigger for t in onlooker.trainings.values() if t.outcome == "trial"} == {"drift"}

    arms = onlooker.arms[second]
    assert 0.1 < arms.challenger / (arms.challenger + arms.champion) < 0.6, "about its share of the users"
    assert onlooker.shadows[second] and onlooker.shadows[first], "scored beside the other, before and after"

    print(f"{life.backend.told} events, {len(onlooker.vectors)} vectors, longest gap {onlooker.longest_gap_s:.2f} s")
    print(*life.trainings(), sep="\n")
    assert len(onlooker.predicted) == len(onlooker.vectors) and set(onlooker.predicted.values()) == {1}
    assert onlooker.longest_gap_s < LONGEST_GAP_S
