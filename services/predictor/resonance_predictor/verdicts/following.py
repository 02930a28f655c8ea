"""Verdicts as they are read, and what detection should go by: changed seldom, since each change is a snapshot."""

from __future__ import annotations

import time
from asyncio import Event
from collections.abc import Callable, Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven
from resonance_contracts.topics import ALERTS_RESOLVED, FEEDBACK_GIVEN
from resonance_predictor.verdicts.table import VerdictTable
from resonance_predictor.verdicts.terms import Verdicts
from resonance_runtime import metrics
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.records import Record
from resonance_runtime.runtime import Runtime
from resonance_runtime.tables import TopicReader

SETTLE_S: Final = 5.0
"""Time between two changes, at least: a burst of clicks is one."""

EXPIRE_S: Final = 600.0


class FollowedVerdicts:
    """What is read of verdicts, of how their incidents ended, and of who was erased.

    Attributes:
        erasures: Who was erased.
        current: What detection should go by; None until everything that was there at the start has been read.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._table = VerdictTable()
        self._monotonic = monotonic
        self._read: list[Event] = []
        self._changed = True
        self._looked_at = self._expired_at = -max(SETTLE_S, EXPIRE_S)
        self.erasures = Erasures(self._forget)
        self.current: Verdicts | None = None

    def readers(self, runtime: Runtime[Any]) -> list[TopicReader]:
        """The components that read."""
        topics = [FEEDBACK_GIVEN, ALERTS_RESOLVED]
        verdicts = TopicReader(runtime, topics, self.handle, from_start=True, name="verdicts")
        erasures = self.erasures.reader(runtime)
        self._read += [erasures.caught_up, verdicts.caught_up]
        return [erasures, verdicts]

    async def handle(self, records: Sequence[Record[Any]]) -> None:
        """Takes records of either topic; repeats change nothing."""
        for record in records:
            self._take(record.value)

    def look(self) -> None:
        """Brings `current` up to date, if that is due."""
        if not all(event.is_set() for event in self._read):
            return
        now = self._monotonic()
        if now - self._expired_at >= EXPIRE_S:
            self._expired_at = now
            self._changed |= self._table.expire(time.time_ns() // 1000)
        if not self._changed or now - self._looked_at < SETTLE_S:
            return
        self._changed, self._looked_at = False, now
        found = self._table.verdicts()
        if found != self.current:
            self.current = found
        self._tell(found)

    def _take(self, value: FeedbackGiven | Alert) -> None:
        if isinstance(value, Alert):
            if not self.erasures.covers(value.user_key, received_us(value)):
                self._changed |= self._table.end(value)
        elif not self.erasures.covers(value.user_key, received_us(value.alert)):
            self._changed |= self._table.take(value)

    def _forget(self, user_key: str) -> None:
        self._table.forget(user_key)
        self._changed = True

    def _tell(self, found: Verdicts) -> None:
        for gauge in (metrics.PREDICTOR_VERDICTS, metrics.PREDICTOR_FALSE_SHARE, metrics.PREDICTOR_BUDGET_SHARE):
            gauge.clear()
        for kind, counted in self._table.counted().items():
            metrics.PREDICTOR_VERDICTS.labels(kind=kind, verdict="true").set(counted.true)
            metrics.PREDICTOR_VERDICTS.labels(kind=kind, verdict="false").set(counted.false)
            metrics.PREDICTOR_FALSE_SHARE.labels(kind=kind).set(counted.false_share)
            metrics.PREDICTOR_BUDGET_SHARE.labels(kind=kind).set(found.shares.get(kind, 1.0))
        metrics.PREDICTOR_LEAVES.set(len(found.leaves))
