"""Tells people of incidents: one process at a time, from what is stored, and it stores before it sends.

Whoever dies in between leaves a notification that is on its way; the next one sends it again under the same id.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import action_pb2, alert_pb2, incident_pb2
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome
from resonance_llm_orchestrator.notifying.desk import Desk
from resonance_llm_orchestrator.notifying.plan import NotifyingPlan
from resonance_llm_orchestrator.notifying.silences import Silences
from resonance_llm_orchestrator.sinks.message import Message
from resonance_llm_orchestrator.sinks.requests import Secrets
from resonance_llm_orchestrator.telling.delivering import Delivering
from resonance_llm_orchestrator.telling.index import IncidentIndex
from resonance_llm_orchestrator.telling.intake import Intake
from resonance_llm_orchestrator.telling.keeping import Keeping
from resonance_llm_orchestrator.telling.leaving import Leaving
from resonance_llm_orchestrator.telling.restoring import past_of
from resonance_llm_orchestrator.telling.traces import AlertTraces
from resonance_runtime import metrics, wall_clock
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Unavailable
from resonance_runtime.patience import persistently
from resonance_runtime.records import Record
from resonance_runtime.runtime import Runtime
from resonance_runtime.spans.handled import header_within
from resonance_runtime.waiting import until

log = logging.getLogger(__name__)

LONGEST_WAIT_S: Final = 1.0
SWEEP_S: Final = 3600.0
FIRST_SWEEP_S: Final = 60.0


class Notifier:
    """The one that tells, when it is this process; see `RecordLoop` with `leading`.

    Args:
        runtime: Of the service.
        plan: Routes, receivers, rules.
        silences: Kept up by whoever reads them.
        index: Looks up incidents that are not at hand.
        erasures: Who was erased.
        secrets: What ways have that name none of their own.
        give_up_s: Longest time for one notification, seconds.
        max_age_days: Incidents that are over and older are forgotten, days.
        external_url: Where people find this Resonance; may be empty.

    Attributes:
        keeping: Stores what is known.
        traces: Of the alerts that may be told of.
    """

    def __init__(
        self,
        runtime: Runtime[Any],
        plan: NotifyingPlan,
        silences: Silences,
        index: IncidentIndex,
        erasures: Erasures,
        secrets: Secrets,
        *,
        give_up_s: float,
        max_age_days: float,
        external_url: str,
    ) -> None:
        self._runtime = runtime
        self._plan = plan
        self._silences = silences
        self._external_url = external_url.rstrip("/")
        self.keeping = Keeping(runtime)
        self._leaving = Leaving(runtime, self.keeping, index, silences, erasures, max_age_days)
        self._intake = Intake(index, erasures, self._leaving)
        self.traces = AlertTraces()
        self._delivering = Delivering(plan.receivers, secrets, give_up_s, self._ended, self.traces)
        self._desk: Desk | None = None
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None

    async def leading(self, leads: bool) -> None:
        """Whether this process is the one from now on."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
            self._ticking = None
        await self._delivering.cancel()
        async with self._lock:
            self._desk = None
            if leads:
                # What comes meanwhile waits: it is either read here or taken afterwards.
                await persistently(self._restore, self._runtime.health, "notifications restored")
        if leads:
            self._ticking = self._runtime.spawn("notifications", self._tick())
        else:
            metrics.NOTIFICATION_GROUPS.set(0)
            metrics.INCIDENTS_HELD.clear()

    async def handle(self, records: Sequence[Record[Any]]) -> None:
        """Takes enriched alerts, verdicts and erasures; returns when what follows of them is stored."""
        async with self._lock:
            if (desk := self._desk) is None:
                raise Unavailable("Another process tells of incidents now.")
            for record in records:
                if isinstance(record.value, alert_pb2.EnrichedAlert):
                    self.traces.remember(record.value.alert_id, header_within(record))
            await self._intake.take_all(desk, records)
            await self._go(desk)
        self._wake.set()

    async def acted(self, records: Sequence[Record[action_pb2.Action]]) -> None:
        """Takes actions; whoever is not the one leaves it to the one, who reads them again when it begins."""
        async with self._lock:
            if (desk := self._desk) is not None:
                await self._intake.take_all(desk, records)
                await self._go(desk)
        self._wake.set()

    async def express(self, alerts: Sequence[alert_pb2.EnrichedAlert]) -> None:
        """Takes what is critical ahead of what came before it and is being stored; it comes again in its place.

        What is known is changed between two awaits, so this may: it stores and sends no more than its own.
        """
        if (desk := self._desk) is None:
            return
        now_us = wall_clock.now_us()
        new = [one for one in alerts if (was := desk.find(one.alert_id)) is None or was.severity < one.alert.severity]
        for alert in new:
            await self._intake.take(desk, alert, now_us)
        ids = [alert.alert_id for alert in new if alert.alert_id in desk.unstored]
        if ids:
            desk.look(now_us, ids)
            decided = {p: d for p, d in desk.decided.items() if not set(ids).isdisjoint(d.alert_ids)}
            await self._store(desk, {id_: desk.unstored[id_] for id_ in ids}, decided)

    async def _restore(self) -> None:
        past, now_us = await past_of(self._runtime), wall_clock.now_us()
        desk = Desk(self._plan, self._silences)
        pending = desk.restore(past.told.values(), past.incidents, now_us)
        for action in past.actions:
            await self._intake.take(desk, action, now_us)
        self._desk = desk
        for decision in pending:
            self._begin(desk, decision)
        log.info("telling of incidents", extra={"incidents": len(past.incidents), "on_their_way": len(pending)})

    async def _tick(self) -> None:
        sweep_at = time.monotonic() + FIRST_SWEEP_S
        while True:
            await self._until_due()
            try:
                async with self._lock:
                    if self._desk is not None:
                        await self._go(self._desk)
                if time.monotonic() > sweep_at:
                    sweep_at = time.monotonic() + SWEEP_S
                    await self._sweep()
            except Unavailable as fault:
                log.warning("waiting for what is down", extra={"what": "notifications", "reason": str(fault)})
                await asyncio.sleep(LONGEST_WAIT_S)

    async def _until_due(self) -> None:
        next_us = None if self._desk is None else self._desk.next_us()
        wait_s = (
            LONGEST_WAIT_S if next_us is None else min(LONGEST_WAIT_S, max(0.0, (next_us - wall_clock.now_us()) / 1e6))
        )
        await until(self._wake, max(wait_s, 0.01))
        self._wake.clear()

    async def _sweep(self) -> None:
        now_us = wall_clock.now_us()
        old = await self._leaving.old(now_us)
        async with self._lock:
            if self._desk is not None:
                await self._leaving.sweep(self._desk, old, now_us)

    async def _go(self, desk: Desk) -> None:
        """Decides what is due, stores it, and sends."""
        desk.look(wall_clock.now_us())
        await self._store(desk, dict(desk.unstored), dict(desk.decided))
        metrics.NOTIFICATION_GROUPS.set(desk.groups)
        for cause, count in desk.held.items():
            metrics.INCIDENTS_HELD.labels(cause=cause).set(count)

    async def _store(
        self, desk: Desk, changed: Mapping[str, incident_pb2.Incident], decided: Mapping[str, Decision]
    ) -> None:
        for decision in await self.keeping.store(desk, changed, decided):
            self._begin(desk, decision)

    def _begin(self, desk: Desk, decision: Decision) -> None:
        incidents = [known for id_ in decision.alert_ids if (known := desk.find(id_)) is not None]
        self._delivering.begin(Message(decision, incidents, self._external_url))

    async def _ended(self, decision: Decision, outcome: Outcome) -> None:
        await self.keeping.ended(decision, outcome)
        if self._desk is not None:
            self._desk.ended(decision, outcome)
        self._wake.set()
