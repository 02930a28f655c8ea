"""All six services as processes, two of each where that can be, any of them of any version."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from resonance_contracts.topics import Service
from resonance_local.ports import Ports
from tests.chaos.faults import Chaos, Step
from tests.chaos.workers import Worker, Workers

REPLICAS: Final = 2
BEHIND: Final = (Service.XAI, Service.XAI, Service.LLM_ORCHESTRATOR, Service.LLM_ORCHESTRATOR, Service.AUTO_RETRAINER)
"""What is behind the predictor: of the auto-retrainer one is enough, for nobody waits for it."""
STOPPED_S: Final = 60.0


@dataclass(slots=True)
class Fleet(Workers):
    """All processes.

    Attributes:
        behind: Those of services behind the predictor.
    """

    behind: list[Worker] = field(default_factory=list)

    def prepare(self, gateways: int, extractors: int, predictors: int, rules: str) -> None:
        """As for the three services, and the other three."""
        Workers.prepare(self, gateways, extractors, predictors, rules)
        ports, numbers = Ports(), dict.fromkeys(BEHIND, 0)
        for service in BEHIND:
            numbers[service] += 1
            self.behind.append(self._worker(service, numbers[service], ports.any()))

    @property
    def all(self) -> list[Worker]:
        """Every worker, whether it runs or not."""
        return [*self.gateways, *self.extractors, *self.predictors, *self.behind]

    def of(self, service: Service) -> list[Worker]:
        """The workers of a service."""
        return [worker for worker in self.all if worker.service is service]


def version_of(worker: Worker, tree: Path | None) -> None:
    """Which version a worker is from its next start on; None for the one here."""
    worker.child.environment = {**worker.child.environment, "PYTHONPATH": str(tree or "")}


def renewed(worker: Worker, tree: Path | None, title: str) -> Step:
    """A step that stops one worker with SIGTERM, lets it drain, and starts it as a version.

    Args:
        worker: Which; it is there once the step is done.
        tree: The version.
        title: What is done, with {} where its number goes.
    """

    async def do(chaos: Chaos, step: Step) -> None:
        step.victims = [worker.name]
        await stopped([worker])
        version_of(worker, tree)
        worker.start()
        while not await asyncio.to_thread(lambda: worker.ready):
            await asyncio.sleep(0.2)

    return Step(title, do, worker.number)


async def stopped(workers: Sequence[Worker]) -> None:
    """Stops workers with SIGTERM; returns when they ended.

    Raises:
        TimeoutError: One does not end.
    """
    for worker in workers:
        worker.drain()
    async with asyncio.timeout(STOPPED_S):
        while any(worker.runs for worker in workers):
            await asyncio.sleep(0.1)
