"""What goes wrong, when, and to whom: a schedule from a seed, and carrying it out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from random import Random
from time import time
from typing import Final

from tests.chaos.parts import NODES, Parts
from tests.chaos.watch import Watch
from tests.chaos.workers import Worker, Workers

Do = Callable[["Chaos", "Step"], Awaitable[None]]

READY_S: Final = 60.0
# The next step waits this long for everything to be ready after the one before.
PATIENCE_S: Final = 8.0
SUPERVISION_S: Final = 0.25
# Nothing is done to the parts in the first and the last tenth of a run.
MARGIN: Final = 0.1


@dataclass(slots=True)
class Step:
    """One thing that is done to the system.

    Attributes:
        what: What it is, with {} where the victim's name goes.
        victim: Number of the worker or node, drawn before the run; one that has nothing to lose then is replaced.
        lasts_s: How long it is left so.
        at: When it was done, seconds since the epoch.
        victims: Names of the workers whose work others have to take over.
        over_at: When it was undone.
        ready_s: How long after that until everything that should run said that it is ready; None where it never did.
    """

    what: str
    do: Do
    victim: int = 0
    lasts_s: float = 0.0
    at: float = 0.0
    victims: list[str] = field(default_factory=list)
    over_at: float = 0.0
    ready_s: float | None = None

    @property
    def title(self) -> str:
        """What was done, in words."""
        return self.what.format(self.victim)

    @property
    def strikes_predictor(self) -> bool:
        """Whether it is done to a predictor."""
        return "predictor" in self.what


@dataclass(frozen=True, slots=True)
class Ending:
    """A worker that ended by itself, and was started again."""

    at: float
    worker: str
    status: int | None
    words: str


@dataclass(slots=True)
class Chaos:
    """Carries out a schedule.

    Attributes:
        endings: Workers that ended by themselves.
    """

    parts: Parts
    workers: Workers
    watch: Watch
    predictions: Watch
    endings: list[Ending] = field(default_factory=list)

    async def wreak(self, steps: Sequence[Step], begin: float, seconds: float) -> None:
        """Does one step after the other, evenly over this time; one begins only when the one before is over."""
        recoveries = []
        for i, step in enumerate(steps):
            due = begin + seconds * (MARGIN + (1 - 2 * MARGIN) * i / max(1, len(steps) - 1))
            await asyncio.sleep(max(0.0, due - time()))
            step.at = time()
            await step.do(self, step)
            step.over_at = time()
            recoveries.append(asyncio.create_task(self._until_ready(step)))
            await asyncio.wait(recoveries[-1:], timeout=PATIENCE_S)
        await asyncio.gather(*recoveries)

    async def supervise(self) -> None:
        """Starts workers again that end although they should run, as an orchestrator of containers does."""
        while True:
            for worker in self.workers.ended():
                self.endings.append(Ending(time(), worker.name, worker.child.exit_status, worker.child.last_words()))
                worker.start()
            await asyncio.sleep(SUPERVISION_S)

    async def _until_ready(self, step: Step) -> None:
        while time() - step.over_at < READY_S:
            wanted = [worker for worker in self.workers.all if worker.wanted]
            if all(await asyncio.gather(*(asyncio.to_thread(attrgetter("ready"), worker) for worker in wanted))):
                step.ready_s = time() - step.over_at
                return
            await asyncio.sleep(SUPERVISION_S)

    def extractor(self, step: Step) -> Worker:
        """The feature-extractor that a step is about, as drawn."""
        return self.workers.extractors[step.victim - 1]

    def working(self, step: Step) -> Worker:
        """The same, unless it has no partitions now: then the one with most."""
        owned, worker = self.watch.owned(), self.extractor(step)
        if not owned[worker.name]:
            worker = max(self.workers.extractors, key=lambda w: owned[w.name])
            step.victim = worker.number
        return worker

    def predictor(self, step: Step) -> Worker:
        """The predictor that a step is about, as drawn, unless it has no partitions now."""
        owned, worker = self.predictions.owned(), self.workers.predictors[step.victim - 1]
        if not owned[worker.name]:
            worker = max(self.workers.predictors, key=lambda w: owned[w.name])
            step.victim = worker.number
        step.victims = [worker.name]
        return worker

    async def gateway(self, step: Step) -> Worker:
        """The gateway that a step is about: clients do not go back by themselves, so it is the one that has most."""
        gateways = self.workers.gateways
        clients = await asyncio.gather(*(asyncio.to_thread(attrgetter("connections"), g) for g in gateways))
        worker = max(zip(clients, gateways, strict=True), key=lambda pair: pair[0])[1]
        step.victim = worker.number
        return worker


def schedule(seed: int) -> list[Step]:
    """Every kind of fault, order, victims and lengths drawn; workers grow to three first, extractors shrink last."""
    chance = Random(f"{seed}/faults")

    def one_of(count: int) -> int:
        return chance.randint(1, count)

    middle = [
        Step("SIGKILL of feature-extractor {}, started again at once", _kill_extractor, one_of(3)),
        Step("SIGKILL of feature-extractor {}, started again later", _kill_extractor, one_of(3), chance.uniform(3, 5)),
        Step("SIGKILL of gateway {}, started again at once", _kill_gateway),
        Step("SIGKILL of gateway {}, started again later", _kill_gateway, 0, chance.uniform(2, 4)),
        Step("SIGTERM of gateway {}, started again", _drain_gateway),
        Step("SIGSTOP of feature-extractor {} for longer than its session", _suspend_extractor, one_of(3), 10.0),
        Step("SIGSTOP of gateway {}", _suspend_gateway, 0, 4.0),
        Step("SIGKILL of broker node {}, started again later", _kill_node, one_of(NODES), 8.0),
        Step("SIGKILL of a broker node and of gateway {} together", _kill_node_and_gateway, one_of(NODES), 5.0),
        Step("SIGKILL of Redis, started again empty", _kill_cache, 0, 3.0),
        Step("SIGKILL of the object store, started again later", _kill_store, 0, 5.0),
        Step("SIGKILL of predictor {}, started again at once", _kill_predictor, one_of(2)),
        Step("SIGKILL of predictor {}, started again later", _kill_predictor, one_of(2), chance.uniform(7, 8)),
        Step("SIGSTOP of predictor {} for longer than its session", _suspend_predictor, one_of(2), 10.0),
        Step("SIGKILL of predictor {} while the object store is down", _kill_store_and_predictor, one_of(2), 4.0),
        Step(
            "SIGKILL of feature-extractor {} while the object store is down", _kill_store_and_extractor, one_of(3), 4.0
        ),
    ]
    chance.shuffle(middle)
    return [
        Step("feature-extractor {} is added", _add_extractor, 2),
        Step("feature-extractor {} is added", _add_extractor, 3),
        Step("gateway {} is added", _add_gateway, 3),
        *middle,
        Step("feature-extractor {} is removed by SIGTERM", _remove_extractor, 3),
        Step("feature-extractor {} is removed by SIGKILL", _lose_extractor, 2),
        Step("SIGKILL of feature-extractor {}, the only one", _kill_extractor, 1, 2.0),
    ]


async def _add_extractor(chaos: Chaos, step: Step) -> None:
    chaos.extractor(step).start()


async def _add_gateway(chaos: Chaos, step: Step) -> None:
    chaos.workers.gateways[step.victim - 1].start()


async def _kill_extractor(chaos: Chaos, step: Step) -> None:
    worker = chaos.working(step)
    step.victims = [worker.name]
    worker.kill()
    await asyncio.sleep(step.lasts_s)
    worker.start()


async def _remove_extractor(chaos: Chaos, step: Step) -> None:
    worker = chaos.extractor(step)
    step.victims = [worker.name]
    worker.drain()
    while worker.runs:
        await asyncio.sleep(0.1)


async def _lose_extractor(chaos: Chaos, step: Step) -> None:
    worker = chaos.extractor(step)
    step.victims = [worker.name]
    worker.kill()


async def _suspend_extractor(chaos: Chaos, step: Step) -> None:
    worker = chaos.working(step)
    step.victims = [worker.name]
    worker.suspend()
    await asyncio.sleep(step.lasts_s)
    worker.resume()


async def _kill_predictor(chaos: Chaos, step: Step) -> None:
    worker = chaos.predictor(step)
    worker.kill()
    await asyncio.sleep(step.lasts_s)
    worker.start()


async def _suspend_predictor(chaos: Chaos, step: Step) -> None:
    worker = chaos.predictor(step)
    worker.suspend()
    await asyncio.sleep(step.lasts_s)
    worker.resume()


async def _kill_gateway(chaos: Chaos, step: Step) -> None:
    worker = await chaos.gateway(step)
    worker.kill()
    await asyncio.sleep(step.lasts_s)
    worker.start()


async def _drain_gateway(chaos: Chaos, step: Step) -> None:
    worker = await chaos.gateway(step)
    worker.drain()
    while worker.runs:
        await asyncio.sleep(0.1)
    worker.start()


async def _suspend_gateway(chaos: Chaos, step: Step) -> None:
    worker = await chaos.gateway(step)
    worker.suspend()
    await asyncio.sleep(step.lasts_s)
    worker.resume()


async def _kill_node(chaos: Chaos, step: Step) -> None:
    chaos.parts.kill_node(step.victim)
    await asyncio.sleep(step.lasts_s)
    await _bring_back(chaos, step.victim)


async def _kill_node_and_gateway(chaos: Chaos, step: Step) -> None:
    node = step.victim
    gateway = await chaos.gateway(step)
    chaos.parts.kill_node(node)
    gateway.kill()
    await asyncio.sleep(step.lasts_s / 2)
    gateway.start()
    await asyncio.sleep(step.lasts_s / 2)
    await _bring_back(chaos, node)


async def _kill_cache(chaos: Chaos, step: Step) -> None:
    chaos.parts.kill_cache()
    await asyncio.sleep(step.lasts_s)
    chaos.parts.restart_cache()


async def _kill_store(chaos: Chaos, step: Step) -> None:
    chaos.parts.kill_store()
    await asyncio.sleep(step.lasts_s)
    await asyncio.to_thread(chaos.parts.restart_store)


async def _kill_store_and_extractor(chaos: Chaos, step: Step) -> None:
    chaos.parts.kill_store()
    await asyncio.sleep(step.lasts_s / 2)
    worker = chaos.working(step)
    step.victims = [worker.name]
    worker.kill()
    await asyncio.sleep(step.lasts_s / 2)
    worker.start()
    await asyncio.to_thread(chaos.parts.restart_store)


async def _kill_store_and_predictor(chaos: Chaos, step: Step) -> None:
    chaos.parts.kill_store()
    await asyncio.sleep(step.lasts_s / 2)
    worker = chaos.predictor(step)
    worker.kill()
    await asyncio.sleep(step.lasts_s / 2)
    worker.start()
    await asyncio.to_thread(chaos.parts.restart_store)


async def _bring_back(chaos: Chaos, node: int) -> None:
    chaos.parts.restart_node(node)
    while not chaos.parts.node_answers(node):
        await asyncio.sleep(0.1)
