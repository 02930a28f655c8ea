"""Incidents as they are raised and become graver: policy says what is proposed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from resonance_contracts.pb.resonance.v1 import detection_pb2, operations_pb2
from resonance_contracts.topics import Service
from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.desk import Desk
from resonance_llm_orchestrator.actions.incident import is_sound
from resonance_llm_orchestrator.actions.planning import planned
from resonance_llm_orchestrator.actions.policy import Policy
from resonance_llm_orchestrator.actions.steps import SECOND_US
from resonance_runtime import metrics
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.records import Record

SILENT_AFTER_US: Final = 60 * SECOND_US


class ActiveUsers:
    """How many users were active lately, as predictors report."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._users: dict[str, tuple[int, int]] = {}

    async def handle(self, records: Sequence[Record[operations_pb2.ServiceReport]]) -> None:
        """Takes heartbeats."""
        for record in records:
            report = record.value
            users = report.details.get("users", "")
            if report.service == Service.PREDICTOR and users.isdecimal():
                self._users[report.instance] = (report.reported_us, int(users))

    def count(self) -> int:
        """Users; 0 where no predictor reports."""
        since_us = self._now_us() - SILENT_AFTER_US
        return sum(users for reported_us, users in self._users.values() if reported_us >= since_us)


class Intake:
    """Takes records of alerts.

    Args:
        desk: Takes the proposals.
        policy: Says what is proposed.
        active: Knows how many users are active.
        erasures: Who was erased.
        now_us: The clock.
        ready: Set once what there is of actions and heartbeats is read.
    """

    def __init__(
        self,
        desk: Desk,
        policy: Policy,
        active: ActiveUsers,
        erasures: Erasures,
        now_us: Callable[[], int],
        ready: Sequence[asyncio.Event],
    ) -> None:
        self._desk = desk
        self._policy = policy
        self._active = active
        self._erasures = erasures
        self._now_us = now_us
        self._ready = ready

    async def raised(self, records: Sequence[Record[detection_pb2.Alert]]) -> None:
        """Proposes what policy says of open incidents, unless they have been so for longer than a decision is awaited.

        Of an incident that became graver, what was not proposed of it before. Raises Unavailable.
        """
        for event in self._ready:
            await event.wait()
        now_us = self._now_us()
        room = self._policy.most_waiting - self._desk.book.waiting
        actions: list[Action] = []
        for record in records:
            if self._passed_over(record.value, now_us):
                continue
            known = {action.subject.kind for action in self._desk.book.of_alert(record.value.alert_id)}
            for subject in planned(record.value, self._policy, self._active.count(), now_us):
                if subject.kind in known:
                    continue
                if len(actions) >= room:
                    metrics.ACTIONS_WITHHELD.labels(action=subject.kind).inc()
                    continue
                actions.append(steps.proposed(subject))
        if actions:
            await self._desk.propose(actions)

    def _passed_over(self, alert: detection_pb2.Alert, now_us: int) -> bool:
        received = received_us(alert)
        since_us = alert.rises[-1].last_received_us if alert.rises else received
        old = since_us < now_us - self._policy.expires_s * SECOND_US
        return old or not is_sound(alert) or self._erasures.covers(alert.user_key, received)
