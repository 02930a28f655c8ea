"""A model on trial, over a registry in memory: hand-moved clocks, made-up predictions and alerts, all that is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.promoter import Promoter
from resonance_auto_retrainer.trials.gate import Recent
from resonance_auto_retrainer.trials.observations import Observations
from resonance_auto_retrainer.trials.offered import Offered
from resonance_auto_retrainer.trials.stage import Stage, stage_of
from resonance_auto_retrainer.trials.terms import MINUTE_US, TrialTerms
from resonance_auto_retrainer.trials.trials import Trials
from resonance_auto_retrainer.window import TrainingSet
from resonance_contracts.pb.resonance.v1.detection_pb2 import DETECTOR_MODEL, Alert, PredictionBatch, ScorerReference
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven, ServiceReport
from resonance_contracts.topics import ALERTS_RAISED, FEEDBACK_GIVEN, PREDICTIONS_SCORED, SERVICES_REPORTED, Topic
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.registry import Registry
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing, Record
from tests.support.learned import learned
from tests.support.ordinary_model import ordinary_set

TERMS = TrialTerms(
    shadow_us=10 * MINUTE_US,
    share=0.2,
    min_us=20 * MINUTE_US,
    max_us=60 * MINUTE_US,
    bake_us=30 * MINUTE_US,
    min_users=20,
    min_vectors=100,
)
ORDINARY = 0.4
STRANGE = 1e-5


class CrashingStore(MemoryObjectStore):
    """A store that answers no more after so many writes.

    Attributes:
        writes_left: None for as many as are wanted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.writes_left: int | None = None

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        self._write()
        return await super().put_if_absent(bucket, key, data)

    async def put_if_match(self, bucket: str, key: str, data: bytes, etag: str) -> bool:
        self._write()
        return await super().put_if_match(bucket, key, data, etag)

    def _write(self) -> None:
        if self.writes_left is not None:
            if self.writes_left == 0:
                raise Unavailable("The store does not answer.")
            self.writes_left -= 1


class Trying:
    """One auto-retrainer's trials; several may share a store.

    Attributes:
        now_s: Both clocks, seconds.
        published: What was told, without repeats of the same process.
        tellings_left: None for as many as are wanted.
        records: What was read, so that another process can read it again.
    """

    def __init__(self, store: MemoryObjectStore, terms: TrialTerms = TERMS, now_s: float = 1_000_000.0) -> None:
        self.store = store
        self.now_s = now_s
        self.published: list[Outgoing] = []
        self.tellings_left: int | None = None
        self.records: list[Record[Any]] = []
        self.registry = Registry(store)
        clocks = Clocks(lambda: round(self.now_s * 1e6), lambda: self.now_s)
        self.promoter = Promoter(ANOMALY_DETECTION, self.registry, self._publish, "here", clocks)
        self.observations = Observations()
        self.trials = Trials(self.promoter, self.observations, terms, clocks)
        self.terms = terms

    async def restarted(self) -> Trying:
        """Another process that reads the topics from their beginning."""
        other = Trying(self.store, self.terms, self.now_s)
        await other.read(self.records)
        return other

    async def offer(self, artifact: Artifact, *, deploy: bool = True, data: TrainingSet | None = None) -> Offered:
        """Offers a version, beside what it was learned from or other ordinary vectors."""
        data = data or ordinary_set(600, seed=7)
        recent = Recent(data.values, data.users)
        return await self.trials.offer(learned(artifact), data, recent, "on made-up vectors", deploy)

    async def look(self, minutes: float = 0.0) -> Stage:
        """Looks when so much time has passed; gives back the stage that the registry is in then."""
        self.now_s += minutes * 60 + 6
        await self.trials.look()
        await self.promoter.recover()
        return stage_of(self.promoter.roles)

    async def read(self, records: Sequence[Record[Any]]) -> None:
        """Reads records."""
        self.records += records
        await self.observations.handle(records)

    async def predicted(
        self,
        users: Sequence[str],
        serving: Sequence[float],
        beside: Sequence[float] = (),
        minute: int = 0,
        **fields: Any,
    ) -> None:
        """A batch by the versions that the aliases name: tail probabilities of the champion, and of the shadow."""
        roles = self.promoter.roles
        batch = PredictionBatch(
            stream="live",
            scorer=self._reference(roles.serving),
            vector_id=[f"{user}-{minute}" for user in users],
            user_key=users,
            end_us=[minute * MINUTE_US + i for i in range(len(users))],
            score=[0.5] * len(users),
            tail_probability=serving,
            confidence=[1.0] * len(users),
            **fields,
        )
        if beside:
            batch.shadow.CopyFrom(self._reference(roles.beside))
            batch.shadow_tail_probability.extend(beside)
        if roles.challenging:
            batch.challenger.CopyFrom(self._reference(roles.challenging))
            batch.challenged.extend(challenged(user) for user in users)
        await self.read([self._record(PREDICTIONS_SCORED, batch)])

    async def alerted(self, user: str, minute: int = 1, version: str = "", **fields: Any) -> str:
        """Somebody is told of a user, by the version that serves them; gives back the incident's id."""
        roles = self.promoter.roles
        serving = version or (roles.challenging if challenged(user) else roles.serving)
        alert = Alert(
            alert_id=f"alert-{user}-{minute}",
            user_key=user,
            stream="live",
            detector=DETECTOR_MODEL,
            opened_us=minute * MINUTE_US + 1,
            scorer=self._reference(serving),
        )
        alert.MergeFrom(Alert(**fields))
        await self.read([self._record(ALERTS_RAISED, alert)])
        return alert.alert_id

    async def judged(self, alert_id: str, *, true_alarm: bool, withdrawn: bool = False) -> None:
        """An operator's verdict."""
        verdict = FeedbackGiven(alert_id=alert_id, true_alarm=true_alarm, withdrawn=withdrawn)
        await self.read([self._record(FEEDBACK_GIVEN, verdict)])

    async def reported(self, instance: str, details: Mapping[str, str]) -> None:
        """A predictor says something of itself now."""
        at_us = round(self.now_s * 1e6)
        report = ServiceReport(service="predictor", instance=instance, details=details, reported_us=at_us)
        await self.read([self._record(SERVICES_REPORTED, report)])

    def told(self) -> list[tuple[str, str, int]]:
        """Alias, first digits of the version, and revision of what was told, in order."""
        values: list[Any] = [outgoing.value for outgoing in self.published]
        return [(value.alias, value.model_version[:12], value.revision) for value in values]

    def _record(self, topic: Topic, value: Any) -> Record[Any]:
        return Record(topic, 0, len(self.records), "id", 0, None, value, {})

    @staticmethod
    def _reference(version: str) -> ScorerReference:
        return ScorerReference(model_name=ANOMALY_DETECTION, model_version=version, rules_version="r")

    async def _publish(self, outgoing: Outgoing) -> None:
        if self.tellings_left is not None:
            if self.tellings_left == 0:
                raise Unavailable("No broker answers.")
            self.tellings_left -= 1
        self.published.append(outgoing)


def people(n: int) -> list[str]:
    """Keys of users."""
    return [f"u_{i:04d}" for i in range(n)]


def challenged(user: str) -> bool:
    """Whether the challenger serves a made-up user: one in five."""
    return int(user[2:]) % 5 == 0


def strange(n: int, first: int = 0, of: int = 100) -> list[float]:
    """Tail probabilities of a crowd in which `n` from `first` on are found unusual."""
    tails = np.full(of, ORDINARY)
    tails[first : first + n] = STRANGE
    found: list[float] = tails.tolist()
    return found
