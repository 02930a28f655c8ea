"""One course: the project is started, traffic flows, faults come one after the other, then all that is left is read."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final

from resonance_client.tokens import TokenSigner
from resonance_contracts.topics import ACTIVITY_OBSERVED, ALERTS_ENRICHED, FEATURES_COMPUTED, Service
from resonance_llm_orchestrator.drafts import EXPLAINED, FACTS, RESOLVED
from tests.bench.explained.reading import stamp_by_broker
from tests.chaos.detecting import Promoted, gathered
from tests.chaos.detection import Detection
from tests.chaos.evidence import Evidence
from tests.chaos.expected import LIVE, Expectation
from tests.chaos.ledger import Activity, Vectors, dead_letters
from tests.chaos.plan import LONGEST_S, SECOND_US, Run
from tests.chaos.said import SAID, models_of
from tests.chaos.senders import Sender
from tests.chaos.undisturbed import undisturbed
from tests.chaos.watch import FRESH_S, Arrival, PredictionWatch, Watch
from tests.chaos.workers import Workers
from tests.chaos.writer import Task
from tests.gameday.containers import Containers
from tests.gameday.courses import BEFORE_S, PARTS, SLACK_S, Course
from tests.gameday.fault import Fault, Hands, Played
from tests.gameday.ledger import TOPICS, Ledger
from tests.gameday.planting import DRAINED_S, Planted, Planting
from tests.gameday.probing import Probing
from tests.gameday.proxy import Proxy
from tests.gameday.stage import PARTITIONS, Stage
from tests.gameday.telling import Screen, Told
from tests.support.topic_scan import different_repeats, left, scan

USERS: Final = 150
RATE: Final = 40.0
WELL_S: Final = 60.0
"""Longest time until everything is well again after a fault."""
CALM_S: Final = 1.0
SOON_S: Final = 3.0
"""An incident is told with its explanation within this time: the service level of a smart alert."""
LOOK_S: Final = 0.2
PREPARATION_S: Final = 4.0
CATCH_UP_S: Final = 120.0
ACCOUNT_S: Final = 60.0


class NeverWell(Exception):
    """The project was not well before anything was done to it; the text says what was not."""


@dataclass(slots=True)
class Day:
    """What came of a course.

    Attributes:
        plan: What was sent beside the planted incidents.
        played: The faults, in order.
        missed: Faults that there was no time for.
        planted: Incidents.
        keys: The planted users by key.
        accounts: What became of every connection, as in `tests.chaos`.
        progress: When how many frames were acknowledged.
        end_s: When traffic was over, seconds since the epoch.
    """

    course: Course
    plan: Run
    probing: Probing
    screen: Screen
    end_s: float = 0.0
    played: list[Played] = field(default_factory=list)
    missed: list[Fault] = field(default_factory=list)
    planted: Sequence[Planted] = ()
    keys: dict[str, str] = field(default_factory=dict)
    accounts: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    progress: list[tuple[float, int]] = field(default_factory=list)
    evidence: Evidence | None = None
    detection: Detection | None = None
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def begin_s(self) -> float:
        """When traffic began, seconds since the epoch."""
        return self.plan.begin_us / SECOND_US


class Play:
    """Plays one course on a stage whose containers run."""

    def __init__(self, course: Course, stage: Stage, seed: int) -> None:
        self._course, self._stage = course, stage
        self._containers = Containers(stage.stack)
        self._hands = Hands(stage, self._containers, Proxy(stage.proxy_url))
        self._signer = TokenSigner(stage.stack.jwt_secret)
        token = self._signer.sign("game-day", roles=["operator"])
        self._told = Told(stage.bootstrap, PARTITIONS)
        self._watch = Watch(stage.bootstrap, PARTITIONS)
        self._predictions = PredictionWatch(stage.bootstrap, PARTITIONS, vectors=self._watch)
        self._planting = Planting(stage.gateway_port, self._signer)
        seconds = min(course.seconds, LONGEST_S - SLACK_S)
        begin_us = round(time.time() + PREPARATION_S) * SECOND_US
        plan = Run(seed, round(RATE * seconds), USERS, begin_us, seconds)
        screen = Screen(f"http://127.0.0.1:{stage.gateway_port}", token)
        self.day = Day(course, plan, Probing(stage, token), screen)
        self._expectation = Expectation.of(plan, stage.variables["RESONANCE_PSEUDONYM_KEY"])

    async def whole(self) -> Day:
        """Plays it, and reads what came of it."""
        day, stop = self.day, asyncio.Event()
        await stamp_by_broker(self._stage.bootstrap, (ALERTS_ENRICHED,))
        sender = await Sender.start(Task(day.plan, [self._stage.gateway_port], self._stage.stack.jwt_secret, 0, 1))
        works = (sender.follow(), self._told.follow(), self._watch.follow(), self._predictions.follow())
        looks = (day.probing.look(), day.probing.ask(), day.screen.follow())
        beside = [asyncio.create_task(work) for work in (*works, *looks)]
        planting = asyncio.create_task(self._planting.plant(stop))
        faults = asyncio.create_task(self._faults())
        try:
            tell(f"{day.plan.events:,} frames in {day.plan.seconds:.0f} s, {len(self._course.faults)} faults.")
            while not (sender.done and faults.done()):
                for task in (*beside, faults, planting):
                    if task.done():
                        task.result()
                await asyncio.sleep(LOOK_S)
            day.end_s = time.time()
            stop.set()
            tell("Traffic is over; waiting for what is still under way.")
            await planting
            await self._settle(sender)
        finally:
            for task in (*beside, planting, faults):
                task.cancel()
            await asyncio.gather(*beside, planting, faults, return_exceptions=True)
            await sender.end()
        await self._read()
        return day

    async def _faults(self) -> None:
        await self._first_well()
        for fault in self._course.faults:
            if time.time() > self.day.begin_s + self.day.plan.seconds - fault.lasts_s - CALM_S:
                self.day.missed.append(fault)
                continue
            await self._one(fault)

    async def _first_well(self) -> None:
        """Returns when all is well, and the first model has its role."""
        unwell = ["nothing was looked at"]
        while unwell:
            if time.time() > self.day.begin_s + BEFORE_S:
                raise NeverWell(f"All was not well {BEFORE_S:.0f} s after traffic began: {'; '.join(unwell)}.")
            await asyncio.sleep(LOOK_S)
            unwell = list(self._unwell(self.day.begin_s))
        tell(f"{time.time() - self.day.begin_s:4.0f} s: a model is in force, and all is well.")

    async def _one(self, fault: Fault) -> None:
        names = (*Service, *PARTS)
        before = await asyncio.to_thread(self._containers.restarts, names)
        played = Played(fault, time.time())
        self.day.played.append(played)
        await asyncio.to_thread(fault.strike, self._hands)
        await asyncio.sleep(fault.lasts_s)
        if fault.relieve is not None:
            await asyncio.to_thread(fault.relieve, self._hands)
        played.over_s = time.time()
        await self._until_well(played)
        after = await asyncio.to_thread(self._containers.restarts, names)
        played.restarts = tuple(name for name in names for _ in range(max(0, after[name] - before[name])))
        said = f"well after {played.well_s - played.over_s:.1f} s" if played.well_s else f"NOT WELL: {played.unwell}"
        tell(f"{played.struck_s - self.day.begin_s:4.0f} s: {fault.title}: {said}")
        await asyncio.sleep(CALM_S)

    async def _until_well(self, played: Played) -> None:
        unwell: list[str] = []
        while time.time() < played.over_s + WELL_S:
            unwell = list(self._unwell(played.over_s))
            if not unwell:
                ill = await asyncio.to_thread(self._containers.unhealthy, (*Service, *PARTS))
                unwell = [f"{name} is not healthy" for name in ill]
            if not unwell:
                played.well_s = time.time()
                return
            await asyncio.sleep(LOOK_S)
        played.unwell = "; ".join(unwell)

    def _unwell(self, since_s: float) -> Iterator[str]:
        """What is not known to be well since a time."""
        yield from self.day.probing.unwell(since_s)
        for watch, what in ((self._watch, "vectors"), (self._predictions, "predictions")):
            late = [p for p in range(PARTITIONS) if not _fresh(watch.arrivals[p], since_s)]
            if late:
                yield f"no fresh {what} of partition{'s' * (len(late) > 1)} {', '.join(map(str, late))}"
        if not any(self._soon(one) for one in self._planting.planted if one.sent_s > since_s):
            yield f"no incident was told with its explanation within {SOON_S:.0f} s"

    def _soon(self, planted: Planted) -> bool:
        key = self._expectation.pseudonyms.user(planted.user)
        at = self._told.seen.get((key, EXPLAINED))
        return at is not None and (key, FACTS) in self._told.seen and at - planted.sent_s <= SOON_S

    async def _settle(self, sender: Sender) -> None:
        """Returns when everything follows that follows from what was sent."""
        day = self.day
        await asyncio.wait_for(sender.close_windows(), ACCOUNT_S)
        closed_us = round((time.time() + 1) * SECOND_US)
        day.planted = list(self._planting.planted)
        day.keys = {self._expectation.pseudonyms.user(one.user): one.user for one in day.planted}
        deadline = time.monotonic() + DRAINED_S
        while time.monotonic() < deadline:
            over = all((key, RESOLVED) in self._told.seen for key in day.keys)
            if over and self._watch.passed(LIVE, closed_us):
                break
            await asyncio.sleep(LOOK_S)
        await asyncio.wait_for(sender.give_account(), ACCOUNT_S)
        for account in (sender.account or {}).get("accounts", []):
            day.accounts[account["user"]].append(account)
        day.progress = sender.progress
        await sender.end()
        self._stage.stack.compose("stop", Service.GATEWAY, Service.FEATURE_EXTRACTOR)
        groups = ((Service.PREDICTOR, FEATURES_COMPUTED),)
        deadline = time.monotonic() + CATCH_UP_S
        while time.monotonic() < deadline:
            if not sum([await left(self._stage.bootstrap, group, topic) for group, topic in groups]):
                return
            await asyncio.sleep(LOOK_S)

    async def _read(self) -> None:
        tell("Reading what lies on the topics.")
        day, bootstrap = self.day, self._stage.bootstrap
        topics = {topic.name: topic for topic in (ACTIVITY_OBSERVED, FEATURES_COMPUTED, *SAID, *TOPICS)}
        found = await scan(bootstrap, topics.values())
        activity, vectors = found[ACTIVITY_OBSERVED.name], found[FEATURES_COMPUTED.name]
        day.evidence = Evidence(
            self._expectation,
            1,
            day.accounts,
            Activity.of(activity),
            Vectors.of(record.value for record in vectors),
            Vectors.of(undisturbed(activity)),
            different_repeats([*activity, *vectors]),
            await dead_letters([topic.dead_letters for topic in topics.values()], bootstrap),
        )
        day.ledger = Ledger.of(found)
        tell("Computing what should have come of it.")
        workers = Workers({}, self._stage.folder)
        workers.environment = self._stage.variables
        said = [record for topic in SAID for record in found[topic.name]]
        first = day.played[0].struck_s if day.played else day.end_s
        version = next((v for named in models_of(said).values() for _, v in named if v), "")
        model = Promoted(version, 0, ()) if version else None
        day.detection = await gathered(workers, vectors, said, model, first)


def _fresh(arrivals: Sequence[Arrival], since_s: float) -> bool:
    """Whether something came since a time that was not late."""
    return any(a.age_s <= FRESH_S for a in takewhile(lambda a: a.at > since_s, reversed(arrivals)))


def tell(sentence: str) -> None:
    """A line for people; standard output stays for the result."""
    print(sentence, file=sys.stderr, flush=True)
