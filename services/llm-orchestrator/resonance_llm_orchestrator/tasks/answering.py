"""Questions that come by topic: each gets an answer or a problem (RFC 9457), and none waits for another.

A question is done with, for the consumer group, once its work has begun: a slow provider holds up its own question
alone. A process that ends in between loses the answer, not the caller, who hears of it when the deadline passes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_llm_orchestrator.tasks.pieces import Live, Pieces
from resonance_llm_orchestrator.tasks.table import Handle
from resonance_llm_orchestrator.tasks.untrusted import name_of
from resonance_privacy import find
from resonance_runtime import metrics
from resonance_runtime.errors import Problem, Unavailable
from resonance_runtime.records import DEADLINE_MS, Outgoing, Record
from resonance_runtime.requests import expired, reply
from resonance_runtime.spans.handled import within
from resonance_runtime.wall_clock import SHARED
from resonance_tasks.catalogue import BY_NAME
from resonance_tasks.task import Answer, Question, Task

log = logging.getLogger(__name__)

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]
TaskRecord = Record[request_pb2.TaskRequest]

# The answer has to reach the gateway before the caller has gone.
RETURN_S: Final = 0.15
# A handler that keeps to no deadline is not waited for longer than this.
GRACE_S: Final = 0.1
# Longest wait for a place: whoever asks hears sooner that there is none than that nobody answered.
QUEUE_S: Final = 1.0
BUSY: Final = Problem(503, "Too many questions", "Every place is taken by a question that is in work; ask again later.")
MOST_FAULTS: Final = 10
KEY: Final = "[key]"
"""What pydantic calls the name in a dictionary, after the name."""


class Answering:
    """Answers questions side by side, at most `concurrency` of them.

    Args:
        handlers: By name of the task.
        send_all: Stores records.
        concurrency: Questions in work at once; more wait for a second, then they are refused.
        live: Makes handlers for one question whose words are told as they come; None where none are.
    """

    def __init__(
        self, handlers: Mapping[str, Handle], send_all: SendAll, concurrency: int, live: Live | None = None
    ) -> None:
        self._handlers = handlers
        self._live = live
        self._send_all = send_all
        self._slots = asyncio.Semaphore(concurrency)
        self._work: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Nothing to begin."""

    async def stop(self) -> None:
        """Waits for the answers that are being made; each has a deadline."""
        if self._work:
            await asyncio.wait(self._work)

    async def handle(self, records: Sequence[TaskRecord]) -> None:
        """Begins to answer questions whose deadline has not passed; returns when each has a place.

        Raises:
            Reject: A question has no deadline, or does not say where the answer should go.
        """
        for record in records:
            if expired(record):
                continue
            reply(record, request_pb2.TaskReply())
            try:
                async with asyncio.timeout(QUEUE_S):
                    await self._slots.acquire()
            except TimeoutError:
                with within(record):
                    await self._send_all(reply(record, BUSY))
                continue
            with within(record):
                work = asyncio.create_task(self._answer_in_place(record))
            self._work.add(work)
            work.add_done_callback(self._work.discard)

    async def answer(
        self, request: request_pb2.TaskRequest, left_s: float, handlers: Mapping[str, Handle] | None = None
    ) -> request_pb2.TaskReply | Problem:
        """The answer, or why there is none.

        Args:
            request: What is asked.
            left_s: How long somebody waits for it, seconds.
            handlers: Of this question; where it has none, those of all.
        """
        task = BY_NAME.get(request.task)
        if task is None:
            return Problem(404, "No such task", f"Expected one of {', '.join(BY_NAME)}.")
        started = time.perf_counter()
        handle = {**self._handlers, **(handlers or {})}[task.name]
        said = await self._attempt(task, handle, request.question, left_s)
        outcome = f"problem {said.status}" if isinstance(said, Problem) else said.written.provider
        metrics.TASKS_ANSWERED.labels(task=task.name, outcome=outcome).inc()
        metrics.TASK_SECONDS.labels(task=task.name).observe(time.perf_counter() - started)
        return said if isinstance(said, Problem) else request_pb2.TaskReply(answer=said.model_dump_json().encode())

    async def _answer_in_place(self, record: TaskRecord) -> None:
        try:
            left_s = SHARED.left_s(int(record.headers[DEADLINE_MS]))
            if left_s > 0:
                await self._send_all(await self._replies(record, left_s))
        except Unavailable as fault:
            log.warning("an answer could not be sent", extra={"task": record.value.task[:64], "reason": str(fault)})
        except Exception:
            log.exception("a question was not answered", extra={"task": record.value.task[:64]})
        finally:
            self._slots.release()

    async def _replies(self, record: TaskRecord, left_s: float) -> list[Outgoing]:
        """The answer as records; pieces that are wanted are sent before."""
        if self._live is None or not record.value.pieces:
            return reply(record, await self.answer(record.value, left_s))
        pieces = Pieces(record, self._send_all)
        live = self._live(pieces.tell)
        said = await self.answer(record.value, left_s, live.handlers)
        return pieces.end(said, live.writer.withdrawn)

    async def _attempt(self, task: Task[Any, Any], handle: Handle, question: bytes, left_s: float) -> Answer | Problem:
        try:
            asked: Question = task.question.model_validate_json(question, strict=True)
        except ValidationError as error:
            return Problem(422, "Wrong question", _sentences(error))
        left_s = max(0.0, min(left_s, asked.deadline_ms / 1000) - RETURN_S)
        try:
            async with asyncio.timeout(left_s + GRACE_S):
                return await handle(asked, asyncio.get_running_loop().time() + left_s)
        except Problem as problem:
            return problem
        except Unavailable as error:
            return Problem(503, "Not available now", f"{error} Ask again later.")
        except TimeoutError:
            return Problem(504, "No answer in time", f"{task.name} took longer than the caller waits.")
        except Exception:
            log.exception("a task failed", extra={"task": task.name})
            return Problem(500, "Internal error", f"{task.name} failed on this question; the log says why.")


def _sentences(error: ValidationError) -> str:
    """What is wrong where; never with the value that came, which may name a person."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]
    return " ".join(f"{_place(fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}." for fault in faults)


def _place(path: Sequence[Any]) -> str:
    return ".".join(_named(part) for part in path) or "The question"


def _named(part: Any) -> str:
    """A field of ours, a place in a list, or a name that somebody chose, where it is one word and nobody's."""
    name = str(part)
    return name if name == KEY or (name_of(name) and not find(name)) else "(a name)"
