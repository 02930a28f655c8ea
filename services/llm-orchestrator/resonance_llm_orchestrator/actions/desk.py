"""Writes steps and reads them back: a step is taken once the log says that it counts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from resonance_contracts.topics import ACTIONS_AUDITED
from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.book import Book
from resonance_llm_orchestrator.actions.errors import NotAllowed
from resonance_llm_orchestrator.actions.measuring import measure
from resonance_llm_orchestrator.actions.records import action_of, audit_record, gone_record, state_record
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing, Record

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]
Make = Callable[[Action], Action]
"""The step after an action; raises NotAllowed."""

READ_BACK_S: Final = 5.0
TRIES: Final = 5
STALE_US: Final = 5_000_000


class Desk:
    """The book, and the only way to change it.

    Args:
        send_all: Stores records.
        erasures: Who was erased.
        now_us: The clock, microseconds since the epoch.

    Attributes:
        book: All actions.
    """

    def __init__(self, send_all: SendAll, erasures: Erasures, now_us: Callable[[], int]) -> None:
        self.book = Book()
        self._send_all = send_all
        self._erasures = erasures
        self._erasures.also(self.book.forget)
        self._now_us = now_us
        self._waiting: dict[str, asyncio.Future[bool]] = {}
        self._told: dict[str, int] = {}
        self._mine: set[str] = set()

    async def handle(self, records: Sequence[Record[Any]]) -> None:
        """Takes records of `actions.audited` and `actions.changed`, from the start; raises Reject."""
        for record in records:
            if record.topic is ACTIONS_AUDITED:
                self._take(action_of(record.value.action))
            else:
                self._told[record.value.action_id] = record.value.revision

    async def propose(self, actions: Sequence[Action]) -> None:
        """Writes first steps; of those that are known already nothing comes. Raises Unavailable."""
        named = [replace(action, step_id=uuid.uuid4().hex) for action in actions]
        self._mine.update(action.step_id for action in named)
        await self._send_all([audit_record(None, action) for action in named])

    async def add(self, action: Action) -> Action:
        """Writes a first step and reads it back; the action that is there.

        Raises:
            Unavailable: The broker does not answer in time.
        """
        if self.book.get(action.id) is None:
            await self._write(None, action)
        found = self.book.get(action.id)
        if found is None:
            raise Unavailable("The proposal was not read back.")
        return found

    async def step(self, action_id: str, make: Make) -> Action:
        """Takes a step, anew where somebody else took one meanwhile; the action after it.

        Raises:
            NotAllowed: The step cannot be taken, or there is no such action.
            Unavailable: The broker does not answer in time; whether the step was taken is not known.
        """
        for _ in range(TRIES):
            known = self.book.get(action_id)
            if known is None:
                raise NotAllowed("There is no such action.")
            if (after := await self._write(known, make(known))) is not None:
                return after
        raise NotAllowed("Others change it all the time; look at it again.")

    async def tell(self, *, caught_up: bool) -> None:
        """Brings `actions.changed` up to date: what this process changed at once, the rest after some seconds.

        Args:
            caught_up: Whether all that was there at the start is read: before, nothing is known to be missing.
        """
        now_us = self._now_us()
        late = [
            action
            for action in self.book
            if self._told.get(action.id, 0) != action.revision
            and (action.step_id in self._mine or (caught_up and now_us - action.changed_us > STALE_US))
        ]
        gone = [id_ for id_ in self._told if self.book.get(id_) is None] if caught_up else []
        if late or gone:
            await self._send_all([*map(state_record, late), *(gone_record(id_, now_us) for id_ in gone)])
        for action in late:
            self._mine.discard(action.step_id)
            self._told[action.id] = action.revision
        for id_ in gone:
            del self._told[id_]

    async def _write(self, before: Action | None, after: Action) -> Action | None:
        named = replace(after, step_id=uuid.uuid4().hex)
        waiting = self._waiting[named.step_id] = asyncio.get_running_loop().create_future()
        self._mine.add(named.step_id)
        try:
            await self._send_all([audit_record(before, named)])
            async with asyncio.timeout(READ_BACK_S):
                counts = await waiting
        except TimeoutError:
            raise Unavailable("A step was written and is not read back yet.") from None
        finally:
            self._waiting.pop(named.step_id, None)
        return named if counts else None

    def _take(self, step: Action) -> None:
        before = self.book.get(step.id)
        counts = self.book.take(step)
        if self._erasures.covers(step.subject.user_key, step.subject.proposed_us):
            self.book.forget(step.subject.user_key)
        if step.step_id in self._mine:
            if counts:
                measure(before, step)
            else:
                self._mine.discard(step.step_id)
        if counts and before is not None:
            self._mine.discard(before.step_id)
        waiting = self._waiting.get(step.step_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(counts)
