"""One run of an upgrade: services of some versions under traffic, steps, then the evidence of a chaos run and more."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from resonance_contracts.topics import TOPICS, Topic
from tests.chaos.detection import Detection
from tests.chaos.driver import Driver
from tests.chaos.evidence import Evidence
from tests.chaos.faults import Step
from tests.chaos.ledger import dead_letters
from tests.chaos.outcome import Outcome
from tests.chaos.plan import Run
from tests.chaos.workers import PARTITIONS, Worker
from tests.support.topic_scan import Seen, different_repeats, scan
from tests.upgrades import told
from tests.upgrades.channel import Channel
from tests.upgrades.fleet import REPLICAS, Fleet, version_of
from tests.upgrades.trees import FIELD, NOTE

Steps = Callable[[Fleet], list[Step]]

BEHIND_S: Final = 60.0
OTHERS: Final = 10
"""Numbers of those who are no users of the plan: who closes windows, who talks in a channel, who is erased."""
USERS: Final = 150
RATE: Final = 300.0
"""Frames a second: what all services of a machine with two cores do beside being started."""


@dataclass
class UpgradeRun(Driver):
    """One run.

    Attributes:
        first: Version that everything begins as.
        steps: What is done.
        title: What was typed, for the report.
        carried: How many records had the field of the next version, by topic.
    """

    first: Path | None = None
    steps: Steps = lambda fleet: []
    title: str = ""
    gateways: int = REPLICAS
    extractors: int = REPLICAS
    predictors: int = REPLICAS
    talks: bool = True
    channel: Channel | None = None
    carried: Counter[str] = field(default_factory=Counter)
    more: list[Outcome] = field(default_factory=list)

    @property
    def fleet(self) -> Fleet:
        """All processes."""
        assert isinstance(self.workers, Fleet)
        return self.workers

    def _workers(self, addresses: dict[str, str]) -> Fleet:
        return Fleet(addresses, self.folder)

    def _first(self) -> Sequence[Worker]:
        for worker in self.fleet.all:
            version_of(worker, self.first)
        return self.fleet.all

    @property
    def _others(self) -> int:
        return OTHERS

    def _schedule(self) -> list[Step]:
        return self.steps(self.fleet)

    async def _traffic(self, plan: Run, steps: Sequence[Step]) -> None:
        if not self.talks:
            return await super()._traffic(plan, steps)
        secret = self.workers.environment["RESONANCE_JWT_SECRET"]
        self.channel = Channel([worker.port for worker in self.workers.gateways], secret)
        talking = asyncio.create_task(self.channel.run())
        try:
            await super()._traffic(plan, steps)
            self.channel.end()
            await talking
        finally:
            talking.cancel()

    async def _predicted(self) -> None:
        """What is behind the predictors is waited for, too."""
        await super()._predicted()
        await self._settled()

    async def _settled(self) -> None:
        """Returns when as much is explained and told as there is to be, or time is over."""
        bootstrap, before = self.workers.addresses["RESONANCE_KAFKA_BOOTSTRAP"], (-1, -1)
        deadline = asyncio.get_running_loop().time() + BEHIND_S
        while asyncio.get_running_loop().time() < deadline:
            found = await scan(bootstrap, told.TOPICS)
            sizes = tuple(len(found[topic.name]) for topic in told.TOPICS[-2:])
            if sizes == before and told.explained_once(found).passed and told.told_once(found).passed:
                return
            before = (sizes[0], sizes[1])
            await asyncio.sleep(2)

    async def _read(self, bootstrap: str, topics: Sequence[Topic]) -> dict[str, list[Seen]]:
        """Everything, as a reader of the version here understands it."""
        found = await scan(bootstrap, [*topics, *(topic for topic in told.TOPICS if topic not in topics)])
        found = {name: [self._understood(record) for record in records] for name, records in found.items()}
        for records in found.values():
            # A user whose partition is a later one now was in an earlier one before.
            records.sort(key=lambda record: record.partition >= PARTITIONS)
        behind = [record for topic in told.TOPICS[-2:] for record in found[topic.name]]
        letters = await dead_letters([topic.dead_letters for topic in TOPICS], bootstrap)
        self.more = [
            told.explained_once(found),
            told.told_once(found),
            Outcome("what came again behind the predictor is the same", "", different_repeats(behind)),
            Outcome("no topic has dead letters", f"{len(TOPICS)} topics", letters),
        ]
        return found

    def _understood(self, record: Seen) -> Seen:
        end = mark()
        if not record.value.endswith(end):
            return record
        self.carried[record.topic.name] += 1
        return replace(record, value=record.value.removesuffix(end))

    def _checked(self, evidence: Evidence, detection: Detection) -> list[Outcome]:
        talked = [] if self.channel is None else [self.channel.outcome()]
        return [*super()._checked(evidence, detection), *self.more, *talked]

    def _command(self) -> str:
        return self.title


def mark() -> bytes:
    """Bytes of the field that records of the next version have: those whatever their topic."""
    number, text = FIELD << 3 | 2, NOTE.encode()
    return bytes([number & 127 | 128, number >> 7 & 127 | 128, number >> 14, len(text)]) + text


def options(seconds: float, seed: int = 1) -> Namespace:
    """What a run sends: little enough that two cores are not what is measured."""
    return Namespace(events=round(RATE * seconds), users=USERS, rate=RATE, seconds=seconds, seed=seed, sample=10)
