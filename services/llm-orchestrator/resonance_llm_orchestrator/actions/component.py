"""The parts of actions as components of the service."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr

from resonance_contracts.topics import (
    ACTIONS_AUDITED,
    ACTIONS_CHANGED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    SERVICES_REPORTED,
    Service,
)
from resonance_llm_orchestrator.actions.answering import ActionTasks
from resonance_llm_orchestrator.actions.desk import Desk
from resonance_llm_orchestrator.actions.errors import PolicyError
from resonance_llm_orchestrator.actions.executors.registry import Surroundings, executors_of
from resonance_llm_orchestrator.actions.intake import ActiveUsers, Intake
from resonance_llm_orchestrator.actions.kinds import KINDS
from resonance_llm_orchestrator.actions.policy import Policy, read_policy
from resonance_llm_orchestrator.actions.worker import LOOK_S, Worker
from resonance_llm_orchestrator.tasks.incidents import FindsIncidents
from resonance_llm_orchestrator.tasks.table import Handle
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import SettingsError, Unavailable
from resonance_runtime.loop import RecordLoop
from resonance_runtime.runtime import Component, Runtime
from resonance_runtime.tables import TopicReader
from resonance_runtime.wall_clock import now_us
from resonance_tasks.actions import DECIDE_ACTION, PROPOSE_ACTION

log = logging.getLogger(__name__)

PART = "actions"


class ActionSettings(Protocol):
    """What actions need of the service's settings."""

    actions_policy: Path | None
    actions_webhook_secret: SecretStr


class Working:
    """Looks at actions a few times a second, once the past is read.

    Args:
        worker: Does what is due.
        ready: Set once what there is was read: of actions, incidents and erasures.
        runtime: Of the service.
    """

    def __init__(self, worker: Worker, ready: Sequence[asyncio.Event], runtime: Runtime[Any]) -> None:
        self._worker = worker
        self._ready = ready
        self._runtime = runtime
        self._stopping = asyncio.Event()
        self._looks: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to look."""
        self._looks = self._runtime.spawn(PART, self._look())

    async def stop(self) -> None:
        """Waits for what is run; what is not done in time is done by whoever is next."""
        self._stopping.set()
        if self._looks is not None:
            await asyncio.wait([self._looks])
        await self._worker.close()

    async def _look(self) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        for event in self._ready:
            read = asyncio.create_task(event.wait())
            await asyncio.wait([stopping, read], return_when=asyncio.FIRST_COMPLETED)
            read.cancel()
        while not stopping.done():
            began = time.monotonic()
            try:
                await self._worker.look()
                self._runtime.health.clear(PART)
            except Unavailable as fault:
                self._runtime.health.degraded(PART, f"Actions wait: {fault}")
            # The more there is to look at, the less often.
            await asyncio.wait([stopping], timeout=max(LOOK_S, 10 * (time.monotonic() - began)))


class Actions:
    """All of it.

    Args:
        runtime: Of the service.
        settings: Of the service.
        incidents: Knows incidents by their ids.
        erasures: Who was erased.
        ready: Set once what there is of incidents and erasures is read.

    Raises:
        SettingsError: The policy file is wrong.
    """

    def __init__(
        self,
        runtime: Runtime[Any],
        settings: ActionSettings,
        incidents: FindsIncidents,
        erasures: Erasures,
        ready: Sequence[asyncio.Event],
    ) -> None:
        send_all = runtime.publisher.send_all
        self._desk = Desk(send_all, erasures, now_us)
        secret = settings.actions_webhook_secret.get_secret_value()
        around = Surroundings(send_all, self._desk.book.limiting, now_us, secret)
        try:
            policy = read_policy(settings.actions_policy)
            executors = executors_of(policy, around)
        except PolicyError as error:
            raise SettingsError(f"RESONANCE_ACTIONS_POLICY: {error}") from error
        runtime.health.details[PART] = told(policy)
        self._active = ActiveUsers(now_us)
        topics = [ACTIONS_AUDITED, ACTIONS_CHANGED]
        self._reader = TopicReader(runtime, topics, self._desk.handle, from_start=True, name=PART)
        self._heartbeats = TopicReader(
            runtime, [SERVICES_REPORTED], self._active.handle, from_start=True, name="heartbeats", pause_s=1.0
        )
        ready = [*ready, self._reader.caught_up, self._heartbeats.caught_up]
        intake = Intake(self._desk, policy, self._active, erasures, now_us, ready)
        self._working = Working(Worker(self._desk, executors, incidents, now_us), ready, runtime)
        group = f"{Service.LLM_ORCHESTRATOR}.{PART}"
        self._proposing = RecordLoop(
            runtime, group=group, topics=[ALERTS_RAISED, ALERTS_ESCALATED], handle=intake.raised
        )
        self._tasks = ActionTasks(self._desk, policy, incidents, self._active.count, now_us)

    def components(self) -> Sequence[Component]:
        """In the order in which they start."""
        return [self._reader, self._heartbeats, self._working, self._proposing]

    def handlers(self) -> Mapping[str, Handle]:
        """The handlers of the tasks of actions."""
        return {PROPOSE_ACTION.name: self._tasks.propose, DECIDE_ACTION.name: self._tasks.decide}


def told(policy: Policy) -> str:
    """For status: which actions are dry runs."""
    dry = [name for name in KINDS if policy.terms(name).executor is None or policy.terms(name).dry_run]
    return f"dry runs: {', '.join(dry)}" if dry else "all are carried out"
