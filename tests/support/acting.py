"""Actions without a broker: a log in memory that any number of processes write and read, and that breaks on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resonance_contracts.pb.resonance.v1 import action_pb2, detection_pb2, operations_pb2
from resonance_contracts.topics import ACTIONS_AUDITED, ACTIONS_CHANGED
from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.answering import ActionTasks
from resonance_llm_orchestrator.actions.desk import Desk
from resonance_llm_orchestrator.actions.executors.executor import Executor
from resonance_llm_orchestrator.actions.intake import ActiveUsers, Intake
from resonance_llm_orchestrator.actions.policy import Policy
from resonance_llm_orchestrator.actions.records import action_of
from resonance_llm_orchestrator.actions.worker import Worker
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.table import Handle
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing, Record
from resonance_tasks.actions import DECIDE_ACTION, PROPOSE_ACTION

START_US = 1_795_269_905_000_000
USER = "u_abcdefghijklmnopqrstuvwx23"


class Broke(BaseException):
    """A process ended here."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.us = START_US

    def __call__(self) -> int:
        return self.us

    def pass_s(self, seconds: float) -> None:
        """Moves it on."""
        self.us += round(seconds * 1e6)


@dataclass
class Log:
    """What a broker keeps, in order, and who reads it.

    Attributes:
        breaks_at: Number of the send after which the process that sends ends, from 1; 0 for never.
        stored: Whether that send is stored.
        away: Whether the broker is away.
    """

    sent: list[Outgoing] = field(default_factory=list)
    readers: list[Desk] = field(default_factory=list)
    breaks_at: int = 0
    stored: bool = True
    away: bool = False
    sends: int = 0

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Stores records and lets everybody read them."""
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("The broker is away.")
        self.sends += 1
        breaks = self.sends == self.breaks_at
        if not breaks or self.stored:
            self.sent += outgoing
            for desk in [] if breaks else self.readers:
                await desk.handle(read(outgoing))
        if breaks:
            raise Broke

    def audited(self) -> list[action_pb2.ActionAudited]:
        """Every step that was written, also those that do not count."""
        return [one.value for one in self.sent if isinstance(one.value, action_pb2.ActionAudited)]

    def limits(self) -> list[operations_pb2.LimitAdjusted]:
        """Limits that were sent."""
        return [one.value for one in self.sent if isinstance(one.value, operations_pb2.LimitAdjusted)]

    def kept(self) -> dict[bytes | None, action_pb2.Action]:
        """What the compacted topic keeps."""
        newest = {one.key: one.value for one in self.sent if one.topic is ACTIONS_CHANGED}
        return {key: value for key, value in newest.items() if isinstance(value, action_pb2.Action)}


def read(outgoing: Sequence[Outgoing]) -> list[Record[Any]]:
    """Records as they are read back."""
    return [
        Record(one.topic, 0, 0, one.id, one.time_us, one.key, one.topic.message.FromString(value), {})
        for one in outgoing
        if one.topic in (ACTIONS_AUDITED, ACTIONS_CHANGED) and (value := one.encoded()) is not None
    ]


class Process:
    """One orchestrator, as far as actions go, on a log.

    Args:
        log: Of the broker.
        clock: Everybody's.
        policy: Of the file.
        executors: By name.
        active: Users who are active.
    """

    def __init__(
        self,
        log: Log,
        clock: Clock,
        policy: Policy,
        executors: Mapping[str, Executor] | None = None,
        active: int = 0,
        alerts: Sequence[detection_pb2.Alert] = (),
    ) -> None:
        self.log, self.clock, self.policy = log, clock, policy
        self.erasures = Erasures()
        self.incidents = RecentIncidents(self.erasures)
        for alert in alerts:
            self.incidents.take(alert)
        self.broken = False
        self.desk = Desk(self.send_all, self.erasures, clock)
        self.active = ActiveUsers(clock)
        self.active._users["predictor"] = (clock() + 10**12, active)
        self.intake = Intake(self.desk, policy, self.active, self.erasures, clock, [])
        self.worker = Worker(self.desk, executors or {}, self.incidents, clock)
        log.readers.append(self.desk)

    async def catch_up(self) -> Process:
        """Reads what is there."""
        await self.desk.handle(read(self.log.sent))
        return self

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        """Sends, until it breaks: then it neither writes nor reads any more."""
        try:
            if self.broken:
                raise Broke
            await self.log.send_all(outgoing)
        except Broke:
            self.broken = True
            self.log.readers = [desk for desk in self.log.readers if desk is not self.desk]
            raise

    async def raised(self, *alerts: detection_pb2.Alert) -> None:
        """Alerts come."""
        for alert in alerts:
            self.incidents.take(alert)
        await self.intake.raised([Record(ACTIONS_AUDITED, 0, 0, "", 0, None, alert, {}) for alert in alerts])

    async def look(self, times: int = 3) -> None:
        """Looks, and lets what it began come to an end."""
        for _ in range(times):
            await self.worker.look()
            await self.worker.idle()
            if self.broken:
                raise Broke

    def handlers(self) -> dict[str, Handle]:
        """Answers the tasks of actions."""
        tasks = ActionTasks(self.desk, self.policy, self.incidents, self.active.count, self.clock)
        return {PROPOSE_ACTION.name: tasks.propose, DECIDE_ACTION.name: tasks.decide}

    def only(self) -> Action:
        """The one action that there is."""
        (action,) = list(self.desk.book)
        return action


class Counting:
    """An executor that counts what it was asked for, by key, and fails or breaks on demand."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.memos: list[dict[str, float]] = []
        self.undos: list[str] = []
        self.done: set[str] = set()
        self.failure: BaseException | None = None
        self.memo: dict[str, float] = {}

    async def prepare(self, action: Action) -> Mapping[str, float]:
        return self.memo

    async def run(self, action: Action) -> str:
        self.runs.append(action.id)
        self.memos.append(dict(action.memo))
        for _ in range(9):
            await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        self.done.add(action.id)
        return "Done."

    async def undo(self, action: Action) -> str:
        self.undos.append(action.id)
        if self.failure is not None:
            raise self.failure
        self.done.discard(action.id)
        return "Taken back."

    async def settle(self, action: Action) -> None:
        pass

    async def close(self) -> None:
        pass


def alert(**changes: Any) -> detection_pb2.Alert:
    """A flood that a rule found, critical."""
    fields: dict[str, Any] = {
        "alert_id": "al_1",
        "revision": 1,
        "state": detection_pb2.ALERT_STATE_OPEN,
        "user_key": USER,
        "stream": "live",
        "kind": "message_flood",
        "severity": detection_pb2.SEVERITY_CRITICAL,
        "detector": detection_pb2.DETECTOR_RULE,
        "opened_us": START_US,
        "last_received_us": START_US,
        "vectors": 1,
    }
    return detection_pb2.Alert(**(fields | changes))


def states(log: Log) -> list[str]:
    """Names of the states in which a new reader finds the actions."""
    desk = Desk(log.send_all, Erasures(), lambda: START_US)
    for audited in log.audited():
        desk.book.take(action_of(audited.action))
    return [action.state.label for action in desk.book]
