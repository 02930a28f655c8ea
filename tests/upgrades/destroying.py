"""A backup under traffic, then everything is destroyed, restored, and goes on."""

from __future__ import annotations

import asyncio
import shutil
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from resonance_client.frames import Authentication, ReplayIdentity
from resonance_client.tokens import TokenSigner
from resonance_contracts.pb.resonance.v1.activity_pb2 import ActivityKind
from resonance_contracts.topics import ACTIVITY_OBSERVED
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_runtime.backup.documents import MANIFEST, Cut, Manifest, read_document
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.settings import ObjectStoreSettings, load
from tests.chaos.checks import check
from tests.chaos.conversation import Conversation
from tests.chaos.detection import Detection, check_detection
from tests.chaos.evidence import CLOSING_USERS, Evidence
from tests.chaos.faults import Chaos, Step
from tests.chaos.ledger import Activity
from tests.chaos.outcome import Outcome
from tests.chaos.plan import STREAM, Act, Run
from tests.support.topic_scan import Seen, scan
from tests.upgrades.commands import command
from tests.upgrades.fleet import renewed
from tests.upgrades.run import UpgradeRun

PERSON: Final = CLOSING_USERS.format(2)
"""Somebody who is no user of the plan: they are erased after the backup."""
FRAMES: Final = 40
FORGOTTEN_S: Final = 60.0


@dataclass
class Destroying(UpgradeRun):
    """One run.

    Attributes:
        lost: Events that were stored after the cut and are gone, as source and number.
        cut: Where the backup ended.
    """

    lost: set[tuple[str, int]] = field(default_factory=set)
    stored_s: float = 0.0
    cut: Cut | None = None
    took: list[tuple[str, str]] = field(default_factory=list)
    before: Activity = field(default_factory=Activity)

    @property
    def backup(self) -> Path:
        """Where the backup is."""
        return self.folder / "backup"

    def _schedule(self) -> list[Step]:
        async def active(chaos: Chaos, step: Step) -> None:
            await self._be_somebody()

        async def backed_up(chaos: Chaos, step: Step) -> None:
            began = time.monotonic()
            await command(self.workers.environment, "backup", "--to", str(self.backup))
            self.took.append(("the backup", f"{time.monotonic() - began:.1f} s"))

        async def erased(chaos: Chaos, step: Step) -> None:
            await asyncio.to_thread(self._erase)
            await command(self.workers.environment, "backup", "--to", str(self.backup), "--erasures")

        async def destroyed(chaos: Chaos, step: Step) -> None:
            await self._destroy_and_restore()

        return [
            Step("somebody is active who will be erased", active),
            Step("a backup is made", backed_up),
            Step("they are erased after it", erased),
            Step("all services, brokers and stores are killed, their data removed, and the backup restored", destroyed),
            renewed(self.fleet.extractors[0], None, "feature-extractor {} is restarted"),
            renewed(self.fleet.predictors[0], None, "predictor {} is restarted"),
        ]

    async def _be_somebody(self) -> None:
        signer = TokenSigner(self.workers.environment["RESONANCE_JWT_SECRET"])
        began_us = time.time_ns() // 1000
        identity = ReplayIdentity(STREAM, "person", began_us, "10.250.0.1")
        talk = Conversation(
            [worker.port for worker in self.fleet.gateways],
            Authentication(signer.replay(PERSON, "person"), True, identity),
            time.time,
        )
        for number in range(FRAMES):
            act = Act("message", began_us + number * 100_000, (), 10, False, "10.250.0.1")
            await talk.send(act.frame(live=False))
        await talk.drained()
        talk.abandon()

    def _erase(self) -> None:
        signer = TokenSigner(self.workers.environment["RESONANCE_JWT_SECRET"])
        token = signer.sign("root", roles=["admin"])
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.fleet.gateways[0].port}/ml/users/{PERSON}",
            method="DELETE",
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 - loopback
            assert answer.status == 202, answer.status

    async def _destroy_and_restore(self) -> None:
        fleet, bootstrap = self.fleet, self.workers.addresses["RESONANCE_KAFKA_BOOTSTRAP"]
        for worker in fleet.all:
            worker.kill()
        manifest = read_document(self.backup, MANIFEST, Manifest)
        assert manifest is not None
        self.cut = manifest.cut
        await self._note_what_is_lost((await scan(bootstrap, [ACTIVITY_OBSERVED]))[ACTIVITY_OBSERVED.name])
        began = time.monotonic()
        await asyncio.to_thread(self.parts.begin_anew)
        empty = time.monotonic()
        await command(self.workers.environment, "restore", "--from", str(self.backup))
        restored = time.monotonic()
        for worker in fleet.all:
            worker.start()
        while not all([await asyncio.to_thread(lambda w=worker: w.ready) for worker in fleet.all]):
            await asyncio.sleep(0.2)
        self.took += [
            ("empty brokers and stores", f"{empty - began:.1f} s"),
            ("the restore", f"{restored - empty:.1f} s, {sum(manifest.records.values()):,} records"),
            ("until everything was ready", f"{time.monotonic() - restored:.1f} s"),
            ("time to restore (RTO), from destruction until ready", f"{time.monotonic() - began:.1f} s"),
        ]
        await self._restarted()

    async def _note_what_is_lost(self, records: Sequence[Seen]) -> None:
        """What was stored after the cut: the newest of each partition, beyond as many as the backup has."""
        assert self.cut is not None
        ends, seen = self.cut.ends[ACTIVITY_OBSERVED.name], [0] * len(self.cut.ends[ACTIVITY_OBSERVED.name])
        kept, gone = list[Seen](), list[Seen]()
        for record in records:
            (kept if seen[record.partition] < ends[record.partition] else gone).append(record)
            seen[record.partition] += 1
        self.before = Activity.of(kept)
        for source, events in Activity.of(gone).first.items():
            known = self.before.first.get(source, {})
            self.lost |= {(source, number) for number in events if number not in known}
        newest = max((record.stamp_ms for record in gone), default=0) / 1000
        self.stored_s = max(0.0, newest - self.cut.cut_us / 1e6)

    async def _restarted(self) -> None:
        """The watches begin with what is restored."""
        before = self.tasks[:2]
        self.tasks[:2] = [asyncio.create_task(one.follow()) for one in (self.watch, self.predictions)]
        for task in before:
            task.cancel()
        await asyncio.gather(*before, return_exceptions=True)

    async def _evidence(self, plan: Run, steps: Sequence[Step]) -> tuple[Evidence, Detection]:
        evidence, detection = await super()._evidence(plan, steps)
        await self._person_is_forgotten(evidence.activity)
        shutil.rmtree(self.backup)
        return evidence, detection

    async def _person_is_forgotten(self, activity: Activity) -> None:
        key = Pseudonyms(self.workers.environment["RESONANCE_PSEUDONYM_KEY"]).user(PERSON)
        events = [event for found in activity.first.values() for event in found.values() if event.user == key]
        faults = [] if any(e.kind == ActivityKind.ACTIVITY_KIND_MESSAGE for e in events) else ["they were never there"]
        if not any(event.kind == ActivityKind.ACTIVITY_KIND_ERASED for event in events):
            faults.append("nobody who computes from activity was told that they are erased")
        held = await self._objects_with(key.encode())
        faults += [f"{STATE_BUCKET}/{name} holds them" for name in held]
        what = "who was erased after the backup is erased again"
        self.more.append(Outcome(what, "told anew, and in no newest object of state", faults))

    async def _objects_with(self, text: bytes) -> list[str]:
        objects = ObjectStore(load(ObjectStoreSettings, self.workers.environment))
        try:
            keys = await objects.list(STATE_BUCKET, "")
            newest = {key.rsplit("/", 1)[0]: key for key in keys}
            return [key for key in newest.values() if text in await objects.get(STATE_BUCKET, key)]
        finally:
            await objects.stop()

    def _checked(self, evidence: Evidence, detection: Detection) -> list[Outcome]:
        return [
            *[o for o in check(evidence, self.options.seed, self.options.sample) if o.what not in OF_THE_PLAN],
            *check_detection(detection),
            self._lost_is_what_came_after(evidence),
            *self.more,
        ]

    def _lost_is_what_came_after(self, evidence: Evidence) -> Outcome:
        """Everything before the cut is there as it was; what was acknowledged and is not there came after."""
        faults = []
        for source, events in self.before.first.items():
            found = evidence.activity.first.get(source, {})
            faults += [f"event {n} of {source} came before the cut and is gone" for n in events.keys() - found.keys()]
        missing = {
            (event.source, event.sequence)
            for user in evidence.users()
            if not user.live
            for event in evidence.expectation.events(user)
            if event.sequence not in evidence.activity.first.get(event.source, {})
        }
        faults += [f"event {n} of {source} is lost, and came before the cut" for source, n in missing - self.lost]
        return Outcome(
            "what is lost is what was stored after the cut, and nothing else",
            f"{len(missing):,} events of replays, of {len(self.lost):,} that were stored in the {self.stored_s:.1f} s "
            "between the cut and the destruction (RPO); the others were sent again",
            faults,
        )

    def _facts(self, plan: Run, evidence: Evidence, took: float) -> list[tuple[str, str]]:
        return [*UpgradeRun._facts(self, plan, evidence, took), *self.took]


OF_THE_PLAN: Final = (
    "every acknowledged event is stored",
    "the log holds what was sent and nothing else",
    "every event is counted exactly once in the last vector of its user",
    "last vectors are what the reference computes from the plan",
)
"""What cannot be so where events are lost; `what is lost` says what is so instead."""
