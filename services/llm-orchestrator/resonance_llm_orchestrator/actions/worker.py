"""What happens to actions without anybody asking: policy approves, what was approved is run, what is due ends.

Every process does so; the log decides who was first. A process that breaks off between "running" and the result leaves
a lease: when it is over, another one, or the same one after its start, runs the action again under the same key.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import POLICY, Action, State
from resonance_llm_orchestrator.actions.desk import Desk
from resonance_llm_orchestrator.actions.errors import Failed, NotAllowed
from resonance_llm_orchestrator.actions.executors.executor import LONGEST_S, Executor
from resonance_llm_orchestrator.actions.incident import hindrances
from resonance_llm_orchestrator.actions.kinds import Touches
from resonance_llm_orchestrator.actions.measuring import gauge
from resonance_llm_orchestrator.tasks.incidents import FindsIncidents
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable

log = logging.getLogger(__name__)

LOOK_S: Final = 0.25
LEASE_US: Final = round((LONGEST_S + 15) * 1e6)
AT_ONCE: Final = 8
TOGETHER: Final = 200


class Worker:
    """Looks at the book again and again.

    Args:
        desk: Takes the steps.
        executors: By name.
        incidents: Knows whether incidents are over.
        now_us: The clock.
    """

    def __init__(
        self, desk: Desk, executors: Mapping[str, Executor], incidents: FindsIncidents, now_us: Callable[[], int]
    ) -> None:
        self._desk = desk
        self._executors = executors
        self._incidents = incidents
        self._now_us = now_us
        self._runner = uuid.uuid4().hex
        self._work: dict[str, asyncio.Task[None]] = {}
        self._over_quota: set[str] = set()

    async def look(self, *, caught_up: bool = True) -> None:
        """One look at every action; raises Unavailable, to be called again."""
        for number, action in enumerate(list(self._desk.book)):
            if number % TOGETHER == 0:
                await asyncio.sleep(0)  # thousands may wait, and questions are answered beside
            try:
                await self._look_at(action)
            except NotAllowed:
                # Somebody was faster; the next look sees it.
                continue
        await self._desk.tell(caught_up=caught_up)
        gauge(self._desk.book)

    async def idle(self) -> None:
        """Returns when nothing is run any more."""
        while self._work:
            await asyncio.wait(self._work.values())

    async def close(self) -> None:
        """Waits for what is run, then closes the executors."""
        await self.idle()
        for executor in self._executors.values():
            await executor.close()

    async def _look_at(self, action: Action) -> None:
        now_us = self._now_us()
        match action.state:
            case State.PROPOSED if now_us >= action.subject.expires_us:
                await self._end(action, "Nobody decided in time.")
            case State.PROPOSED | State.APPROVED if gone := self._hindered(action):
                await self._end(action, gone)
            case State.PROPOSED if action.subject.automatic:
                await self._approve(action, now_us)
            case State.APPROVED:
                self._begin(action, self._run)
            case State.RUNNING | State.UNDOING if now_us >= action.lease_until_us:
                await self._take_over(action)
            case State.SUCCEEDED if 0 < action.effect_until_us <= now_us:
                await self._over(action)

    async def _end(self, action: Action, why: str) -> None:
        await self._desk.step(action.id, lambda now: steps.expired(now, why, self._now_us()))

    async def _approve(self, action: Action, now_us: int) -> None:
        if refusal := self._desk.book.refusal(action, now_us):
            if action.id not in self._over_quota:
                self._over_quota.add(action.id)
                metrics.ACTIONS_OVER_QUOTA.labels(action=action.subject.kind).inc()
                log.warning("an action waits for a person", extra={"action": action.id, "reason": refusal})
            return
        self._over_quota.discard(action.id)
        await self._desk.step(action.id, self._approved_by_policy)

    def _approved_by_policy(self, action: Action) -> Action:
        now_us = self._now_us()
        if refusal := self._desk.book.refusal(action, now_us):
            raise NotAllowed(refusal)
        return steps.approved(action, POLICY, "The policy lets it run without a person.", now_us)

    async def _take_over(self, action: Action) -> None:
        if not steps.worn_out(action):
            return self._begin(action, self._undo if action.state is State.UNDOING else self._run)
        why = f"It was begun {action.attempts} times and never came to an end; what was done of it is not known."
        end = steps.still_there if action.state is State.UNDOING else steps.failed
        if action.id not in self._work:
            await self._desk.step(action.id, lambda now: end(self._left(now, action), why, self._now_us()))

    async def _over(self, action: Action) -> None:
        executor = self._executors.get(action.subject.executor)
        if executor is not None and not action.subject.dry_run:
            await executor.settle(action)
        await self._desk.step(action.id, lambda now: steps.undone(now, "It ended by itself.", self._now_us()))

    def _hindered(self, action: Action) -> str:
        alert = self._incidents.find(action.subject.alert_id)
        return "" if alert is None else " ".join(hindrances(action.kind, alert))

    def _begin(self, action: Action, work: Callable[[Action], Coroutine[Any, Any, None]]) -> None:
        if action.id in self._work or len(self._work) >= AT_ONCE:
            return
        task = self._work[action.id] = asyncio.create_task(self._guarded(action, work))
        task.add_done_callback(lambda _: self._work.pop(action.id, None))

    async def _guarded(self, action: Action, work: Callable[[Action], Coroutine[Any, Any, None]]) -> None:
        try:
            mine = await self._desk.step(
                action.id, lambda now: steps.claimed(now, self._runner, LEASE_US, self._now_us())
            )
            await work(mine)
        except NotAllowed as error:
            log.info("an action is in other hands", extra={"action": action.id, "reason": str(error)})
        except Unavailable as fault:
            log.warning("an action is run again later", extra={"action": action.id, "reason": str(fault)})
        except Exception:
            log.exception("an action broke off; it is run again later", extra={"action": action.id})

    async def _run(self, action: Action) -> None:
        try:
            outcome = await self._done(action)
        except Failed as error:
            reason = str(error)
            await self._desk.step(action.id, lambda now: steps.failed(self._mine(now, action), reason, self._now_us()))
            return
        after = await self._desk.step(
            action.id, lambda now: steps.succeeded(self._mine(now, action), outcome, self._now_us())
        )
        if action.kind.touches is Touches.USER and not action.subject.dry_run:
            await self._executor(action).settle(after)

    async def _done(self, action: Action) -> str:
        if action.subject.dry_run:
            return "Dry run: nothing was done."
        executor = self._executor(action)
        async with _in_time():
            if not action.memo and (memo := await executor.prepare(action)):
                action = await self._desk.step(
                    action.id, lambda now: steps.prepared(self._mine(now, action), memo, self._now_us())
                )
            return await executor.run(action)

    async def _undo(self, action: Action) -> None:
        try:
            async with _in_time():
                dry = action.subject.dry_run
                outcome = (
                    "Dry run: there was nothing to take back." if dry else await self._executor(action).undo(action)
                )
        except Failed as error:
            reason = str(error)
            await self._desk.step(
                action.id, lambda now: steps.still_there(self._mine(now, action), reason, self._now_us())
            )
            return
        await self._desk.step(action.id, lambda now: steps.undone(self._mine(now, action), outcome, self._now_us()))

    def _executor(self, action: Action) -> Executor:
        executor = self._executors.get(action.subject.executor)
        if executor is None:
            raise Failed(f"There is no executor {action.subject.executor!r} in the policy any more.")
        return executor

    def _mine(self, now: Action, claimed: Action) -> Action:
        """The action, if nobody else has begun it since; raises NotAllowed."""
        if now.runner != self._runner:
            raise NotAllowed("Another process has begun it since.")
        return self._left(now, claimed)

    @staticmethod
    def _left(now: Action, seen: Action) -> Action:
        if (now.state, now.attempts, now.decided_us) != (seen.state, seen.attempts, seen.decided_us):
            raise NotAllowed("It has gone on since.")
        return now


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Ends work that takes longer than an executor may."""
    try:
        async with asyncio.timeout(LONGEST_S):
            yield
    except TimeoutError:
        raise Failed("It took too long; whether it was done is not known.") from None
