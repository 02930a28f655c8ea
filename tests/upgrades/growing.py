"""Partitions are added while clients send: the tool as its page says, and the evidence read by the new partitions."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from resonance_contracts.pb.resonance.v1.detection_pb2 import PredictionBatch
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.shards import partition_of
from resonance_contracts.topics import ACTIVITY_OBSERVED, FEATURES_COMPUTED, PREDICTIONS_SCORED
from resonance_feature_extractor.engine import PartitionEngine
from resonance_runtime.backup.source import Source
from resonance_runtime.settings import RuntimeSettings, load
from tests.chaos.checks import check
from tests.chaos.driver import CATCH_UP_S, tell
from tests.chaos.emission import Life, lives
from tests.chaos.evidence import Evidence
from tests.chaos.expected import LIVE, Expectation
from tests.chaos.faults import Chaos, Step
from tests.chaos.ledger import Activity, UserKey, Vectors, batch_of, vectors_of
from tests.chaos.outcome import Outcome
from tests.chaos.plan import SECOND_US, Run
from tests.chaos.undisturbed import MAX_AGE_US
from tests.chaos.watch import Watch
from tests.chaos.workers import PARTITIONS
from tests.support.topic_scan import Seen, different_repeats
from tests.upgrades.commands import Failed, command
from tests.upgrades.fleet import stopped
from tests.upgrades.run import UpgradeRun

GROWN: Final = 2 * PARTITIONS
READY_TO_GROW_S: Final = 60.0

Logs = Mapping[int, Sequence[Seen]]
"""What each new partition goes by: of the one it was made from what was there before, then its own."""


@dataclass(frozen=True, slots=True)
class Grown(Evidence):
    """What a run left behind in which partitions were added.

    Attributes:
        logs: Activity by new partition.
    """

    logs: Logs = field(default_factory=dict)

    def lives(self) -> dict[UserKey, Life]:
        """What every user did, by the log of the partition they are in at the end."""
        return {
            key: life
            for partition, records in self.logs.items()
            for key, life in lives([batch_of(record.value) for record in records]).items()
            if partition_of(key[1], GROWN) == partition
        }


@dataclass
class Growing(UpgradeRun):
    """One run.

    Attributes:
        ends: Where activity ended in each partition when there were more.
        took: What was said of it and how long it took, for the report.
    """

    ends: list[int] = field(default_factory=list)
    took: list[tuple[str, str]] = field(default_factory=list)
    grown: Watch | None = None

    def _schedule(self) -> list[Step]:
        async def do(chaos: Chaos, step: Step) -> None:
            await self._grow()

        return [Step(f"partitions are added, {PARTITIONS} to {GROWN}", do)]

    async def _promote(self, begin: float) -> None:
        """No model: whether it is taken over is seen elsewhere, and by the partitions that there are."""

    async def _grow(self) -> None:
        fleet, began = self.fleet, time.monotonic()
        await stopped(fleet.gateways)
        closed = time.monotonic()
        # Groups have members until the services are stopped: what is asked here is whether they have done all.
        while (said := await self._rehearsed()).count("has 0 records to do") < 2:
            if time.monotonic() > closed + READY_TO_GROW_S:
                raise Failed(said)
        await stopped([worker for worker in fleet.all if worker.wanted])
        begun = time.monotonic()
        await command(self.workers.environment, "partitions", "--to", str(GROWN))
        done = time.monotonic()
        async with Source(load(RuntimeSettings, self.workers.environment)) as source:
            self.ends = (await source.ends([ACTIVITY_OBSERVED.name]))[ACTIVITY_OBSERVED.name]
        for worker in fleet.all:
            worker.child.environment = {**worker.child.environment, "RESONANCE_PARTITIONS": str(GROWN)}
            worker.start()
        while not all([await asyncio.to_thread(lambda w=worker: w.ready) for worker in fleet.all]):
            await asyncio.sleep(0.2)
        self.took = [
            ("until everything was done and stopped", f"{begun - began:.1f} s"),
            ("the command", f"{done - begun:.1f} s"),
            ("until everything was ready again", f"{time.monotonic() - done:.1f} s"),
        ]
        self.grown = Watch(self.watch.bootstrap, GROWN)
        self.tasks.append(asyncio.create_task(self.grown.follow()))

    async def _rehearsed(self) -> str:
        """Why partitions cannot be added now."""
        try:
            return await command(self.workers.environment, "partitions", "--to", str(GROWN), "--dry-run")
        except Failed as said:
            return str(said)

    async def _caught_up(self) -> None:
        assert self.grown is not None
        closed_us, deadline = round((time.time() + 1) * SECOND_US), time.monotonic() + CATCH_UP_S
        while not self.grown.passed(LIVE, closed_us) and time.monotonic() < deadline:
            await asyncio.sleep(0.5)

    async def _evidence(self, plan: Run, steps: Sequence[Step]) -> tuple[Evidence, Any]:
        tell("Reading what is on the topics.")
        bootstrap = self.workers.addresses["RESONANCE_KAFKA_BOOTSTRAP"]
        found = await self._read(bootstrap, [ACTIVITY_OBSERVED, FEATURES_COMPUTED, PREDICTIONS_SCORED])
        accounts: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for sender in self.senders:
            for account in (sender.account or {}).get("accounts", []):
                accounts[account["user"]].append(account)
        activity, vectors = found[ACTIVITY_OBSERVED.name], found[FEATURES_COMPUTED.name]
        logs = self._logs(activity)
        evidence = Grown(
            Expectation.of(plan, self.workers.environment["RESONANCE_PSEUDONYM_KEY"]),
            self._others,
            accounts,
            Activity.of(activity),
            Vectors.of(record.value for record in vectors),
            _undisturbed(logs),
            different_repeats([*activity, *vectors]),
            [],
            logs,
        )
        self.more.append(scored_once(vectors, found[PREDICTIONS_SCORED.name]))
        self.more.append(spread([*activity, *vectors]))
        return evidence, None

    def _logs(self, activity: Sequence[Seen]) -> Logs:
        """The log that each partition's state comes from."""
        own: dict[int, list[Seen]] = defaultdict(list)
        for record in activity:
            own[record.partition].append(record)
        return {p: [*own[p % PARTITIONS][: self.ends[p % PARTITIONS]], *own[p]] for p in range(PARTITIONS, GROWN)} | {
            p: own[p] for p in range(PARTITIONS)
        }

    def _checked(self, evidence: Evidence, detection: Any) -> list[Outcome]:
        assert self.channel is not None
        return [*check(evidence, self.options.seed, self.options.sample), *self.more, self.channel.outcome()]

    def _facts(self, plan: Run, evidence: Evidence, took: float) -> list[tuple[str, str]]:
        return [*UpgradeRun._facts(self, plan, evidence, took), *self.took]


def _undisturbed(logs: Logs) -> Vectors:
    """Vectors of each new partition's own users, from the log that its state comes from."""
    vectors = Vectors()
    for partition, records in sorted(logs.items()):
        for vector in _vectors(records):
            if partition_of(vector.user[1], GROWN) == partition:
                vectors._take(vector)
    return vectors


def _vectors(records: Sequence[Seen]) -> Iterator[Any]:
    engine = PartitionEngine(max_age_us=MAX_AGE_US)
    for record in records:
        for value in engine.apply(record.value):
            yield from vectors_of(VectorBatch.FromString(value))


def scored_once(vectors: Sequence[Seen], predictions: Sequence[Seen]) -> Outcome:
    """Every vector has one prediction; one that came again said the same."""
    wanted = {vector.id for record in vectors for vector in vectors_of(record.message)}
    by_id = {record.id: record.value for record in predictions}
    said = Counter(id_ for value in by_id.values() for id_ in PredictionBatch.FromString(value).vector_id)
    faults = [f"vector {id_} has no prediction" for id_ in wanted - said.keys()]
    faults += [f"vector {id_} has {count} predictions" for id_, count in said.items() if count > 1]
    faults += different_repeats(predictions)
    return Outcome("every vector is scored once", f"{len(wanted):,} vectors", faults)


def spread(records: Sequence[Seen]) -> Outcome:
    """New partitions are used."""
    used = {record.partition for record in records}
    faults = [f"partition {p} holds nothing" for p in range(GROWN) if p not in used]
    return Outcome("every partition is used", f"{len(used)} partitions", faults)
