"""The detectors of the partitions that this process owns, as keyed state of the runtime."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import msgspec

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.topics import Service
from resonance_modeling.errors import ModelingError
from resonance_predictor.critical import CriticalIncidents
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.errors import BatchError
from resonance_predictor.faults import Faults
from resonance_predictor.limits.expected_load import ExpectedLoad
from resonance_predictor.limits.terms import LimitTerms
from resonance_predictor.messages import Outputs
from resonance_predictor.models import Models
from resonance_predictor.outgoing import records_of
from resonance_predictor.peaks import Grounds
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.scorer import ModelVersion, OtherVersions, Scorer
from resonance_predictor.state import Header, load_header
from resonance_predictor.terms import DEFAULT_IDLE_US, DEFAULT_QUIET_US, DEFAULT_WEEKS_US, Others, Terms
from resonance_predictor.thresholds import DEFAULT_BUDGET, Thresholds
from resonance_predictor.time_zones import UTC_ZONE, TimeZone
from resonance_predictor.verdicts.following import FollowedVerdicts
from resonance_predictor.verdicts.terms import NO_VERDICTS
from resonance_runtime import metrics
from resonance_runtime.delays import WatermarkDelay
from resonance_runtime.errors import Reject
from resonance_runtime.health import Health
from resonance_runtime.keyed import Dump
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.snapshots import Snapshot
from resonance_runtime.waiting import until

log = logging.getLogger(__name__)


class DetectorState:
    """One detector a partition.

    A partition goes on by the terms of its snapshot, and a new one begins without a model and without verdicts, so that
    records read again after a crash give the same. What is wanted now is activated with a snapshot of its own: see
    `behind`.
    """

    def __init__(
        self,
        models: Models,
        rules: RulesFile,
        health: Health,
        quiet_us: int = DEFAULT_QUIET_US,
        idle_us: int = DEFAULT_IDLE_US,
        observe_only: bool = False,
        limits: LimitTerms | None = None,
        expected: ExpectedLoad | None = None,
        false_incidents: float = DEFAULT_BUDGET,
        verdicts: FollowedVerdicts | None = None,
        time_zone: TimeZone = UTC_ZONE,
        weeks_us: int = DEFAULT_WEEKS_US,
    ) -> None:
        self._models = models
        self._rules = rules
        self._health = health
        self._quiet_us = quiet_us
        self._idle_us = idle_us
        self._observe_only = observe_only
        self._held_back = 0
        self._limits = limits
        self._expected = expected
        self._false_incidents = false_incidents
        self._faults = Faults(health)
        self._critical = CriticalIncidents()
        self._verdicts = verdicts or FollowedVerdicts()
        self._time_zone = time_zone
        self._weeks_us = weeks_us
        self._detectors: dict[int, PartitionDetector] = {}
        self._watermark = WatermarkDelay(Service.PREDICTOR)

    @property
    def wanted(self) -> Terms:
        """The terms that every partition should go by, without what stays as it is in each: see `_for`."""
        limits = self._limits
        if limits is not None and self._expected is not None:
            limits = msgspec.structs.replace(limits, load=self._expected.load)
        return Terms(
            self._rules.rules,
            self._models.champion,
            self._quiet_us,
            self._idle_us,
            self._observe_only,
            limits,
            self._false_incidents,
            verdicts=self._verdicts.current or NO_VERDICTS,
            time_zone=self._time_zone,
            weeks_us=self._weeks_us,
        )

    @property
    def behind(self) -> bool:
        """Whether a partition goes by other terms than those wanted."""
        wanted = self.wanted
        return any(detector.terms.differ(self._for(detector, wanted)) for detector in self._detectors.values())

    @property
    def partitions(self) -> int:
        """How many there are detectors of."""
        return len(self._detectors)

    async def change_or(self, seconds: float) -> None:
        """Returns when another model was promoted, or after a time; reads the rules again if they changed."""
        await until(self._models.changed, seconds)
        self._models.changed.clear()
        self._rules.refresh()
        if self._expected is not None:
            self._expected.look()
        self._verdicts.look()

    async def activate(self, partition: int) -> None:
        """Let a partition go by the wanted terms; the caller keeps its state before the next record."""
        detector = self._detectors.get(partition)
        if detector is None:
            return
        wanted = self._for(detector, self.wanted)
        if detector.terms.differ(wanted):
            detector.activate(wanted)
            self._faults.forget_but(wanted)

    async def open(self, partition: int, snapshot: Snapshot | None) -> int:
        """Takes over a partition; returns how many users it knows.

        Raises:
            StateError: The snapshot cannot be read by this version.
            Unavailable: The store does not answer.
        """
        if snapshot is None:
            detector = PartitionDetector(replace(self.wanted, scorer=None, verdicts=NO_VERDICTS))
        else:
            detector = await self._restored(snapshot)
        self._detectors[partition] = detector
        self._count()
        return detector.users()

    def close(self, partition: int) -> None:
        """Forgets a partition."""
        self._detectors.pop(partition, None)
        self._watermark.forget(partition)
        self._count()

    def apply(self, record: Record[Any]) -> list[Outgoing]:
        """Applies a batch of vectors.

        Raises:
            Reject: The batch breaks its contract.
        """
        try:
            outputs = self._detectors[record.partition].apply(record.offset, record.value)
        except BatchError as error:
            raise Reject(f"{error}.") from error
        if self._expected is not None:
            self._expected.take(record.value)
        _observe(outputs)
        self._watermark.observe(record.partition, record.value.stream, record.value.watermark_us)
        self._critical.take(outputs.anomalies)
        self._faults.take(outputs.faults)
        self._held_back += len(outputs.held_back)
        return records_of(record, outputs)

    def dump(self, partition: int, whole: Collection[int]) -> Dump:
        """What changed since the last dump, and the shards wanted whole."""
        self._count()
        detector = self._detectors[partition]
        erased = detector.holds_erased
        return Dump(detector.header(), detector.dirty_shards(whole), erased)

    async def _restored(self, snapshot: Snapshot) -> PartitionDetector:
        # After partitions were added, the header is that of the partition this one was made from.
        header = load_header(snapshot.header).at(snapshot.next_offset - 1)
        try:
            scorer = None if header.model is None else await self._models.get(header.model)
        except ModelingError as error:
            log.error("the model in force cannot be had; records read again are scored without it", exc_info=error)
            header, scorer = _without_model(header), None
        others = await self._others(header.others)
        header = msgspec.structs.replace(header, others=others.versions)
        return await asyncio.to_thread(PartitionDetector.restore, header, snapshot.shards, scorer, others)

    async def _others(self, named: OtherVersions) -> Others:
        """The versions beside the champion that a snapshot names, without those that cannot be used any more."""
        challenger = await self._other(named.challenger)
        share = 0.0 if challenger is None else named.share
        return Others(challenger, share, await self._other(named.shadow), await self._other(named.former))

    async def _other(self, version: ModelVersion | None) -> Scorer | None:
        try:
            return None if version is None else await self._models.get(version)
        except ModelingError as error:
            log.error("a model beside the champion cannot be had; it is done without", exc_info=error)
            return None

    def _for(self, detector: PartitionDetector, wanted: Terms) -> Terms:
        """What is wanted of one partition. What this process has not heard of, as after its start, stays there."""
        scorer = wanted.scorer or detector.terms.scorer
        others = self._models.others(detector.terms.others).beside(scorer)
        verdicts = detector.terms.verdicts if self._verdicts.current is None else wanted.verdicts
        return replace(wanted, scorer=scorer, others=others, verdicts=verdicts)

    def _count(self) -> None:
        users = sum(detector.users() for detector in self._detectors.values())
        incidents = sum(detector.open_incidents() for detector in self._detectors.values())
        metrics.PREDICTOR_USERS.set(users)
        metrics.PREDICTOR_OPEN_INCIDENTS.set(incidents)
        metrics.PREDICTOR_LIMITED_USERS.set(sum(detector.limited() for detector in self._detectors.values()))
        _tell_thresholds([detector.thresholds() for detector in self._detectors.values()])
        metrics.PREDICTOR_BUDGET.set(self._false_incidents)
        self._health.details |= {"users": str(users), "open incidents": str(incidents)}
        if self._observe_only or self._held_back:
            self._health.details["observe only"] = self._told_of_observing()

    def _told_of_observing(self) -> str:
        since = f"{self._held_back} incidents were held back since this process began"
        return f"nobody is told of incidents; {since}" if self._observe_only else f"no more; {since}"


def _tell_thresholds(found: list[Thresholds]) -> None:
    for grounds in Grounds:
        for severity in ("low", "medium", "high"):
            highest = max((getattr(one.of(grounds), severity) for one in found), default=0.0)
            metrics.PREDICTOR_THRESHOLDS.labels(evidence=grounds.name.lower(), severity=severity).set(highest)


def _without_model(header: Header) -> Header:
    return msgspec.structs.replace(header, model=None, others=OtherVersions())


def _observe(outputs: Outputs) -> None:
    if outputs.predictions is not None:
        batches = (outputs.predictions, *outputs.failed_over)
        metrics.PREDICTOR_VECTORS.inc(sum(len(batch.vector_id) for batch in batches))
    metrics.PREDICTOR_ANOMALIES.inc(len(outputs.anomalies))
    metrics.PREDICTOR_LIMITS_SET.inc(len(outputs.limits))
    for counter, alerts in (
        (metrics.PREDICTOR_ALERTS_RAISED, outputs.raised),
        (metrics.PREDICTOR_ALERTS_ESCALATED, outputs.escalated),
        (metrics.PREDICTOR_ALERTS_HELD_BACK, outputs.held_back),
    ):
        for alert in alerts:
            severity = pb.Severity.Name(alert.severity).removeprefix("SEVERITY_").lower()
            counter.labels(kind=alert.kind, severity=severity).inc()
    for alert in outputs.resolved:
        metrics.PREDICTOR_ALERTS_RESOLVED.labels(kind=alert.kind).inc()
