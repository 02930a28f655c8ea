"""One run: the parts, the services, the traffic and what goes wrong, then the evidence."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from resonance_contracts.topics import ACTIVITY_OBSERVED, FEATURES_COMPUTED, Service, Topic
from tests.chaos.checks import check
from tests.chaos.conversation import Cut
from tests.chaos.detecting import Promoted, gathered
from tests.chaos.detection import Detection, check_detection
from tests.chaos.evidence import Evidence
from tests.chaos.expected import LIVE, Expectation
from tests.chaos.faults import Chaos, Step, schedule
from tests.chaos.ledger import Activity, Vectors, dead_letters
from tests.chaos.outcome import Outcome
from tests.chaos.parts import Parts
from tests.chaos.plan import SECOND_US, Run
from tests.chaos.report import Report
from tests.chaos.rules import rules_of
from tests.chaos.said import SAID
from tests.chaos.senders import Sender
from tests.chaos.timing import bounded, recoveries, under_load, within_window
from tests.chaos.undisturbed import undisturbed
from tests.chaos.watch import PredictionWatch, Watch
from tests.chaos.workers import PARTITIONS, Worker, Workers
from tests.chaos.writer import Task
from tests.support.topic_scan import Seen, different_repeats, left, scan

# The last one is added under traffic.
GATEWAYS: Final = 3
EXTRACTORS: Final = 3
PREDICTORS: Final = 2
WRITERS: Final = 2
# Time for writers to make their share of the plan.
PREPARATION_S: Final = 4.0
PREPARED_A_SECOND: Final = 40_000
START_S: Final = 120.0
CATCH_UP_S: Final = 180.0
REPORT_S: Final = 10.0
ACCOUNT_S: Final = 60.0
MODEL_S: Final = 300.0
# A model is made of the first vectors, one for so many events: in a full run they are there before anything goes wrong.
EVENTS_A_VECTOR: Final = 60
LEAST_VECTORS, MOST_VECTORS = 1_000, 6_000


@dataclass
class Driver:
    """One run.

    Attributes:
        gateways, extractors, predictors: How many of each there may be.
    """

    options: argparse.Namespace
    folder: Path
    parts: Parts
    workers: Workers = field(default_factory=lambda: Workers({}, Path()))
    watch: Watch = field(init=False)
    predictions: Watch = field(init=False)
    chaos: Chaos = field(init=False)
    senders: list[Sender] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    model: Promoted | None = None
    gateways: int = GATEWAYS
    extractors: int = EXTRACTORS
    predictors: int = PREDICTORS

    async def run(self) -> Report:
        """Does it all; returns what was found."""
        try:
            steps, plan, end = await self._wreak()
        finally:
            await self._stop()
        evidence, detection = await self._evidence(plan, steps)
        tell("Checking.")
        begin = plan.begin_us / SECOND_US
        sent_until = max(sender.progress[-1][0] for sender in self.senders)
        found = recoveries(steps, self.watch, self.predictions, self._cuts(), begin, end)
        outcomes = self._checked(evidence, detection)
        outcomes += [bounded(found, steps), under_load(steps, sent_until), within_window(sent_until - begin)]
        facts = self._facts(plan, evidence, sent_until - begin)
        return Report(self._command(), facts, found, self.chaos.endings, outcomes, begin)

    async def _wreak(self) -> tuple[Sequence[Step], Run, float]:
        """Starts everything, sends everything; returns what was done and sent, and when it was over."""
        tell("Starting three nodes of Kafka, MinIO, Redis and the services.")
        addresses = self.parts.start()
        self.workers = self._workers(addresses)
        pace = self.options.events / self.options.users / (self._seconds / 60)
        self.workers.prepare(self.gateways, self.extractors, self.predictors, rules_of(pace))
        self.watch = Watch(addresses["RESONANCE_KAFKA_BOOTSTRAP"], PARTITIONS)
        self.predictions = PredictionWatch(self.watch.bootstrap, PARTITIONS, vectors=self.watch)
        self.chaos = Chaos(self.parts, self.workers, self.watch, self.predictions)
        for worker in self._first():
            worker.start()
        await self._ready()
        plan, steps = self._plan(), self._schedule()
        following = (self.watch.follow(), self.predictions.follow(), self.chaos.supervise())
        self.tasks = [asyncio.create_task(one) for one in following]
        await self._traffic(plan, steps)
        end = time.time()
        await self._caught_up()
        for sender in self.senders:
            await asyncio.wait_for(sender.give_account(), ACCOUNT_S)
        await self._predicted()
        return steps, plan, end

    def _workers(self, addresses: dict[str, str]) -> Workers:
        return Workers(addresses, self.folder)

    def _first(self) -> Sequence[Worker]:
        """Workers that run before the first step."""
        return [*self.workers.gateways[:-1], self.workers.extractors[0], *self.workers.predictors]

    @property
    def _others(self) -> int:
        """How many there are who are no users of the plan."""
        return self.gateways

    def _schedule(self) -> list[Step]:
        return schedule(self.options.seed)

    def _checked(self, evidence: Evidence, detection: Detection) -> list[Outcome]:
        return check(evidence, self.options.seed, self.options.sample) + check_detection(detection)

    async def _stop(self) -> None:
        """Ends every process of ours; Kafka and MinIO stay, to be read."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for sender in self.senders:
            await sender.end()
        self.workers.stop(self.workers.all)

    def _plan(self) -> Run:
        options = self.options
        begin = time.time() + PREPARATION_S + options.events / PREPARED_A_SECOND
        return Run(options.seed, options.events, options.users, round(begin) * SECOND_US, self._seconds)

    @property
    def _seconds(self) -> float:
        """How long events are sent, seconds."""
        return max(self.options.events / self.options.rate, self.options.seconds)

    async def _ready(self) -> None:
        deadline = time.monotonic() + START_S
        while not all([worker.ready for worker in self.workers.all if worker.wanted]):
            if time.monotonic() > deadline or self.workers.ended():
                raise SystemExit("\n".join(worker.child.last_words() for worker in self.workers.all))
            await asyncio.sleep(0.2)

    async def _traffic(self, plan: Run, steps: Sequence[Step]) -> None:
        ports = [worker.port for worker in self.workers.gateways]
        secret = self.workers.environment["RESONANCE_JWT_SECRET"]
        for share in range(WRITERS):
            self.senders.append(await Sender.start(Task(plan, ports, secret, share, WRITERS)))
        begin = plan.begin_us / SECOND_US
        followed = [asyncio.create_task(sender.follow()) for sender in self.senders]
        wreaked = asyncio.create_task(self.chaos.wreak(steps, begin, plan.seconds))
        promoted = asyncio.create_task(self._promote(begin))
        tell(f"{plan.events:,} events of {plan.users:,} users, {plan.seconds:.0f} s, {len(steps)} faults.")
        try:
            while not (wreaked.done() and promoted.done() and all(sender.done for sender in self.senders)):
                for task in [*followed, *self.tasks, wreaked, promoted]:
                    if task.done():
                        task.result()
                self._tell_progress(begin, steps)
                await asyncio.sleep(REPORT_S)
            for sender in self.senders[:1]:
                await asyncio.wait_for(sender.close_windows(), 60)
        finally:
            wreaked.cancel()
            promoted.cancel()

    async def _promote(self, begin: float) -> None:
        """Has a model made of the first vectors and promoted."""
        wanted = min(max(LEAST_VECTORS, self.options.events // EVENTS_A_VECTOR), MOST_VECTORS)
        while self.watch.new < wanted and not all(sender.done for sender in self.senders):
            await asyncio.sleep(0.2)
        self.model = await asyncio.wait_for(Promoted.make(self.workers.environment), MODEL_S)
        self.model.at_s = time.time() - begin
        tell(f"{self.model.at_s:4.0f} s: a model of {self.model.vectors:,} vectors is promoted")

    def _tell_progress(self, begin: float, steps: Sequence[Step]) -> None:
        acknowledged = sum(sender.progress[-1][1] for sender in self.senders if sender.progress)
        done = [step for step in steps if step.at]
        last = f"; {done[-1].title}" if done else ""
        seen = f"{self.watch.new:,} vectors, {self.predictions.new:,} predictions"
        tell(f"{time.time() - begin:4.0f} s: {acknowledged:,} acknowledged, {seen}{last}")

    async def _caught_up(self) -> None:
        """Returns when every partition told a live watermark that is later than everything that was sent."""
        closed_us = round((time.time() + 1) * SECOND_US)
        deadline = time.monotonic() + CATCH_UP_S
        while not self.watch.passed(LIVE, closed_us) and time.monotonic() < deadline:
            await asyncio.sleep(0.5)

    async def _predicted(self) -> None:
        """Has what gives vectors end, and returns when the predictors have kept what follows from the last of them."""
        for sender in self.senders:
            await sender.end()
        await asyncio.to_thread(self.workers.stop, [*self.workers.gateways, *self.workers.extractors])
        deadline = time.monotonic() + CATCH_UP_S
        bootstrap = self.workers.addresses["RESONANCE_KAFKA_BOOTSTRAP"]
        while await left(bootstrap, Service.PREDICTOR, FEATURES_COMPUTED) and time.monotonic() < deadline:
            await asyncio.sleep(0.5)

    async def _evidence(self, plan: Run, steps: Sequence[Step]) -> tuple[Evidence, Detection]:
        tell("Reading what is on the topics.")
        topics = [ACTIVITY_OBSERVED, FEATURES_COMPUTED, *SAID]
        bootstrap = self.workers.addresses["RESONANCE_KAFKA_BOOTSTRAP"]
        found = await self._read(bootstrap, topics)
        accounts: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for sender in self.senders:
            for account in (sender.account or {}).get("accounts", []):
                accounts[account["user"]].append(account)
        expectation = Expectation.of(plan, self.workers.environment["RESONANCE_PSEUDONYM_KEY"])
        activity, vectors = found[ACTIVITY_OBSERVED.name], found[FEATURES_COMPUTED.name]
        evidence = Evidence(
            expectation,
            self._others,
            accounts,
            Activity.of(activity),
            Vectors.of(record.value for record in vectors),
            Vectors.of(undisturbed(activity)),
            different_repeats([*activity, *vectors]),
            await dead_letters([topic.dead_letters for topic in topics], bootstrap),
        )
        said = [record for topic in SAID for record in found[topic.name]]
        first = min((step.at for step in steps if step.strikes_predictor and step.at), default=0.0)
        tell("Detecting again, undisturbed.")
        return evidence, await gathered(self.workers, vectors, said, self.model, first)

    async def _read(self, bootstrap: str, topics: Sequence[Topic]) -> dict[str, list[Seen]]:
        return await scan(bootstrap, topics)

    def _cuts(self) -> list[Cut]:
        accounts = (account for sender in self.senders for account in (sender.account or {}).get("accounts", []))
        return [Cut(**cut) for account in accounts for cut in account["cuts"]]

    def _facts(self, plan: Run, evidence: Evidence, took: float) -> list[tuple[str, str]]:
        return [
            ("frames sent", f"{plan.events:,} by {plan.users:,} users"),
            ("from the first to the last acknowledgement", f"{took:.0f} s, {plan.events / max(took, 1):,.0f} a second"),
            ("events on the log", f"{evidence.activity.unique:,} and {evidence.activity.repeats:,} repeats"),
            ("vectors", f"{len(evidence.vectors.first):,} and {evidence.vectors.repeats:,} repeats"),
            ("connections lost", f"{len(self._cuts()):,}"),
            *([("model", self.model.in_words())] if self.model else []),
        ]

    def _command(self) -> str:
        return f"make chaos EVENTS={self.options.events} SEED={self.options.seed}"


def tell(sentence: str) -> None:
    """A line for people; standard output stays for the result."""
    print(sentence, file=sys.stderr, flush=True)
