"""Tells people of incidents: one process at a time, from what is stored, and it stores before it sends.

Whoever dies in between leaves a notification that is on its way; the next one sends it again under the same id.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import alert_pb2, incident_pb2, operations_pb2, people_pb2
from resonance_contracts.topics import INCIDENTS_CHANGED, NOTIFICATIONS_SENT, SILENCES_CHANGED, Service
from resonance_llm_orchestrator import clock
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome
from resonance_llm_orchestrator.notifying.desk import Desk
from resonance_llm_orchestrator.notifying.plan import NotifyingPlan
from resonance_llm_orchestrator.notifying.silences import KEPT_US, Silences
from resonance_llm_orchestrator.sinks.message import Message
from resonance_llm_orchestrator.sinks.requests import Secrets
from resonance_llm_orchestrator.telling import records as made
from resonance_llm_orchestrator.telling.delivering import Delivering
from resonance_llm_orchestrator.telling.index import IncidentIndex
from resonance_llm_orchestrator.telling.stored import stored
from resonance_runtime import metrics
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Conflict, Unavailable
from resonance_runtime.patience import persistently
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.runtime import Runtime

log = logging.getLogger(__name__)

GROUP: Final = f"{Service.LLM_ORCHESTRATOR}.notify"
LONGEST_WAIT_S: Final = 1.0
TOGETHER: Final = 500
SWEEP_S: Final = 3600.0
MOST_SWEPT: Final = 5_000
DAY_US: Final = 24 * 3600 * 1_000_000


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
        self._index = index
        self._erasures = erasures
        self._max_age_us = round(max_age_days * DAY_US)
        self._external_url = external_url.rstrip("/")
        self._delivering = Delivering(plan.receivers, secrets, give_up_s, self._ended)
        self._desk: Desk | None = None
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._ticking: asyncio.Task[None] | None = None
        self.require: Callable[[], None] = lambda: None
        """Raises Conflict where another may have taken over; set once there is a loop."""

    async def leading(self, leads: bool) -> None:
        """Whether this process is the one from now on."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
            self._ticking = None
        await self._delivering.cancel()
        async with self._lock:
            self._desk = None
        if not leads:
            metrics.NOTIFICATION_GROUPS.set(0)
            metrics.INCIDENTS_HELD.clear()
            return
        await persistently(self._restore, self._runtime.health, "notifications restored")
        self._ticking = self._runtime.spawn("notifications", self._tick())

    async def handle(self, records: Sequence[Record[Any]]) -> None:
        """Takes enriched alerts, verdicts and erasures; returns when what follows of them is stored."""
        async with self._lock:
            desk = self._desk
            if desk is None:
                raise Unavailable("Another process tells of incidents now.")
            await self._recall(desk, records)
            now_us = clock.now_us()
            for record in records:
                await self._take(desk, record.value, now_us)
            await self._go(desk)
        self._wake.set()

    async def express(self, alerts: Sequence[alert_pb2.EnrichedAlert]) -> None:
        """Takes what is critical ahead of what came before it and is being stored; it comes again in its place.

        What is known is changed between two awaits, so this may: it stores and sends no more than its own.
        """
        desk, now_us = self._desk, clock.now_us()
        if desk is None:
            return
        new = [alert for alert in alerts if not desk.knows(alert.alert_id)]
        for alert in new:
            await self._take(desk, alert, now_us)
        ids = [alert.alert_id for alert in new if alert.alert_id in desk.unstored]
        if ids:
            desk.look(now_us, ids)
            decided = {p: d for p, d in desk.decided.items() if not set(ids).isdisjoint(d.alert_ids)}
            await self._store(desk, {id_: desk.unstored[id_] for id_ in ids}, decided)

    async def _restore(self) -> None:
        now_us = clock.now_us()
        entries: dict[bytes | None, incident_pb2.NotificationSent] = {}
        async for key, record in stored(self._runtime, NOTIFICATIONS_SENT):
            entries.pop(key, None)
            if record is not None:
                entries[key] = record.value
        known: dict[str, incident_pb2.Incident] = {}
        async for _, record in stored(self._runtime, INCIDENTS_CHANGED):
            if record is None:
                continue
            incident: incident_pb2.Incident = record.value
            before = known.get(incident.alert_id)
            if before is None or before.version < incident.version:
                known[incident.alert_id] = incident
        alive = [
            incident for incident in known.values() if incident.state != incident_pb2.INCIDENT_STATE_FORGOTTEN
        ]  # fmt: skip
        desk = Desk(self._plan, self._silences)
        pending = desk.restore(entries.values(), alive, now_us)
        self._desk = desk
        for decision in pending:
            self._begin(desk, decision)
        log.info("telling of incidents", extra={"incidents": len(alive), "on_their_way": len(pending)})

    async def _tick(self) -> None:
        swept = time.monotonic() - SWEEP_S + 60
        while True:
            await self._until_due()
            try:
                async with self._lock:
                    if self._desk is not None:
                        await self._go(self._desk)
                if time.monotonic() - swept > SWEEP_S:
                    swept = time.monotonic()
                    await self._sweep()
            except Unavailable as fault:
                log.warning("waiting for what is down", extra={"what": "notifications", "reason": str(fault)})
                await asyncio.sleep(LONGEST_WAIT_S)

    async def _until_due(self) -> None:
        next_us = None if self._desk is None else self._desk.next_us()
        wait_s = LONGEST_WAIT_S if next_us is None else min(LONGEST_WAIT_S, max(0.0, (next_us - clock.now_us()) / 1e6))
        try:
            await asyncio.wait_for(self._wake.wait(), max(wait_s, 0.01))
        except TimeoutError:
            return
        self._wake.clear()

    async def _take(self, desk: Desk, value: Any, now_us: int) -> None:
        if isinstance(value, alert_pb2.EnrichedAlert):
            if not self._erasures.covers(value.alert.user_key, received_us(value.alert)):
                desk.enriched(value, now_us)
        elif isinstance(value, operations_pb2.FeedbackGiven):
            if not self._erasures.covers(value.user_key, received_us(value.alert)):
                desk.verdict(value, now_us)
        elif isinstance(value, people_pb2.UserErased):
            await self._forget(desk, value, now_us)

    async def _recall(self, desk: Desk, records: Sequence[Record[Any]]) -> None:
        """What is said of incidents that are not at hand needs them."""
        ids = {record.value.alert_id for record in records if hasattr(record.value, "alert_id")}
        for incident in await self._index.find([id_ for id_ in sorted(ids) if not desk.knows(id_)]):
            desk.recall(incident)

    async def _forget(self, desk: Desk, erased: people_pb2.UserErased, now_us: int) -> None:
        user_key = erased.user_key
        gone = [
            record.value.silence_id
            async for _, record in stored(self._runtime, SILENCES_CHANGED)
            if record is not None and any(m.value == user_key for m in record.value.matchers)
        ]
        self._erasures.take(erased)
        ids = await self._index.of_user(user_key)
        for incident in await self._index.find([id_ for id_ in ids if not desk.knows(id_)]):
            desk.recall(incident)
        for id_ in desk.of_user(user_key):
            incident_known = desk.find(id_)
            if incident_known is not None and self._erasures.covers(
                user_key, received_us(incident_known.enriched.alert)
            ):  # fmt: skip
                desk.forget(id_, now_us)
        places: list[str] = []
        async for key, record in stored(self._runtime, NOTIFICATIONS_SENT):
            if key is not None and record is not None and user_key in record.value.group_labels.values():
                places.append(key.decode())
        await self._send([made.without_silence(id_, now_us) for id_ in dict.fromkeys(gone)])
        await self._send([made.without_notification(place, now_us) for place in dict.fromkeys(places)])

    async def _go(self, desk: Desk) -> None:
        """Decides what is due, stores it, and sends."""
        desk.look(clock.now_us())
        await self._store(desk, dict(desk.unstored), dict(desk.decided))
        metrics.NOTIFICATION_GROUPS.set(desk.groups)
        for cause, count in desk.held.items():
            metrics.INCIDENTS_HELD.labels(cause=cause).set(count)

    async def _store(
        self, desk: Desk, changed: Mapping[str, incident_pb2.Incident], decided: Mapping[str, Decision]
    ) -> None:
        """Incidents first: what is told is known before it is told."""
        partitions = await self._runtime.publisher.partitions(INCIDENTS_CHANGED.name) if changed else 0
        incidents = list(changed.values())
        for start in range(0, len(incidents), TOGETHER):
            piece = incidents[start : start + TOGETHER]
            await self._send([one for incident in piece for one in made.of_incident(incident, partitions)])
            desk.stored({incident.alert_id: incident for incident in piece}, {})
        await self._send([made.of_notification(decision, None) for decision in decided.values()])
        # What is stored twice at the same time is sent once.
        fresh = [decision for place, decision in decided.items() if desk.decided.get(place) is decision]
        desk.stored({}, decided)
        for decision in fresh:
            self._begin(desk, decision)

    def _begin(self, desk: Desk, decision: Decision) -> None:
        incidents = [known for id_ in decision.alert_ids if (known := desk.find(id_)) is not None]
        self._delivering.begin(Message(decision, incidents, self._external_url))

    async def _ended(self, decision: Decision, outcome: Outcome) -> None:
        """What became of a notification is stored; what did not arrive goes to the dead letters, with the reason."""

        async def store() -> None:
            record = made.of_notification(decision, outcome)
            await self._send([record])
            if outcome.failure:
                await self._bury(record, outcome.failure)

        await persistently(store, self._runtime.health, "outcomes of notifications")
        if self._desk is not None:
            self._desk.ended(decision, outcome)
        self._wake.set()

    async def _bury(self, record: Outgoing, reason: str) -> None:
        headers = [("ce_id", record.id.encode()), ("dlq_reason", reason.encode()), ("dlq_group", GROUP.encode())]
        topic = NOTIFICATIONS_SENT
        await self._runtime.publisher.send_raw(topic.dead_letters, record.key, record.encoded(), headers)
        metrics.DEAD_LETTERS.labels(topic=topic.name, group=GROUP).inc()
        log.warning("a notification did not arrive", extra={"notification": record.id, "reason": reason})

    async def _send(self, records: Sequence[Outgoing]) -> None:
        if not records:
            return
        try:
            self.require()
        except Conflict as conflict:
            raise Unavailable(str(conflict)) from conflict
        await self._runtime.publisher.send_all(records)

    async def _sweep(self) -> None:
        """Forgets what is too old: incidents that are over, silences that are over."""
        now_us = clock.now_us()
        ids = await self._index.opened_before(now_us - self._max_age_us, MOST_SWEPT)
        found = await self._index.find(ids)
        async with self._lock:
            if self._desk is None:
                return
            for incident in found:
                if incident.state == incident_pb2.INCIDENT_STATE_RESOLVED:
                    if not self._desk.knows(incident.alert_id):
                        self._desk.recall(incident)
                    self._desk.forget(incident.alert_id, now_us)
            over = [silence.id for silence in self._silences.all() if silence.ends_us + KEPT_US < now_us]
            for silence_id in over:
                self._silences.drop(silence_id)
            await self._send([made.without_silence(id_, now_us) for id_ in over])
            await self._send([made.without_notification(place, now_us) for place in await self._quiet(now_us)])
            await self._store(self._desk, dict(self._desk.unstored), {})

    async def _quiet(self, now_us: int) -> list[str]:
        """Keys of what was told of groups that ended long ago."""
        newest: dict[bytes, incident_pb2.NotificationSent] = {}
        async for key, record in stored(self._runtime, NOTIFICATIONS_SENT):
            if key is not None:
                newest.pop(key, None)
                if record is not None:
                    newest[key] = record.value
        return [
            key.decode()
            for key, entry in newest.items()
            if entry.state == incident_pb2.NOTIFICATION_STATE_SENT
            and not entry.firing_count
            and entry.decided_us + self._max_age_us < now_us
        ]
