"""Questions and answers over topics: correlation id, reply partition, deadline.

Each asking process reads one partition of the reply topic, from the time it started; several processes may
share one, and each takes only what it asked for. An answer larger than a record comes in parts.
"""

from __future__ import annotations

import asyncio
import time
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import REPLIES_SENT, Topic
from resonance_runtime.errors import Problem, Reject
from resonance_runtime.records import CORRELATION_ID, DEADLINE_MS, REPLY_PARTITION, Outgoing, Record
from resonance_runtime.runtime import Runtime
from resonance_runtime.tables import TopicReader

M = TypeVar("M", bound=Message)

PART_BYTES: Final = 256 * 1024


@dataclass(slots=True)
class _Question:
    answer: asyncio.Future[bytes]
    type: str
    parts: dict[int, bytes] = field(default_factory=dict)

    def take(self, reply: request_pb2.Reply) -> None:
        if self.answer.done():
            return
        if reply.HasField("problem"):
            p = reply.problem
            self.answer.set_exception(Problem(p.status, p.title, p.detail, p.type))
            return
        if reply.type != self.type:
            problem = Problem(502, "Unexpected answer", f"Expected {self.type}, got {reply.type}.")
            self.answer.set_exception(problem)
            return
        self.parts[reply.part] = reply.inline
        if len(self.parts) == reply.parts:
            self.answer.set_result(b"".join(self.parts[i] for i in range(reply.parts)))


class Requester:
    """Asks questions and waits for their answers; a component of a service."""

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._runtime = runtime
        self._questions: dict[str, _Question] = {}
        self._partition = 0
        self._reader: TopicReader | None = None
        self._condition = runtime.health.wait_for("replies", "The reply topic is not read yet.")

    async def start(self) -> None:
        """Begins to read the replies."""
        count = await self._runtime.publisher.partitions(REPLIES_SENT.name)
        self._partition = zlib.crc32(self._runtime.settings.instance.encode()) % max(1, count)
        self._reader = TopicReader(
            self._runtime, [REPLIES_SENT], self._take, from_start=False, name="replies", partitions=[self._partition]
        )
        await self._reader.start()
        self._condition.met()

    async def stop(self) -> None:
        """Stops reading; questions without an answer end with a problem."""
        for question in self._questions.values():
            if not question.answer.done():
                question.answer.set_exception(Problem(503, "Stopping", "This instance stops; ask again."))
        if self._reader is not None:
            await self._reader.stop()

    async def ask(self, topic: Topic, question: Message, answer: type[M], timeout_s: float) -> M:
        """Asks and waits.

        Raises:
            Problem: It was answered with one; status 504 where no answer came within `timeout_s`.
            Unavailable: The question could not be sent.
        """
        correlation = str(uuid.uuid4())
        pending = _Question(asyncio.get_running_loop().create_future(), str(answer.DESCRIPTOR.full_name))
        self._questions[correlation] = pending
        try:
            async with asyncio.timeout(timeout_s):
                await self._runtime.publisher.send(self._outgoing(topic, question, correlation, timeout_s))
                return answer.FromString(await pending.answer)
        except TimeoutError:
            raise Problem(504, "No answer in time", f"No answer came within {timeout_s:g} s; it may be busy.") from None
        finally:
            del self._questions[correlation]

    def _outgoing(self, topic: Topic, question: Message, correlation: str, timeout_s: float) -> Outgoing:
        now_us = time.time_ns() // 1000
        headers = {
            CORRELATION_ID: correlation,
            REPLY_PARTITION: str(self._partition),
            DEADLINE_MS: str(now_us // 1000 + round(timeout_s * 1000)),
        }
        return Outgoing(topic, question, correlation, now_us, key=correlation.encode(), headers=headers)

    async def _take(self, records: Sequence[Record[Any]]) -> None:
        for record in records:
            question = self._questions.get(record.value.correlation_id)
            if question is not None:
                question.take(record.value)


def expired(question: Record[Any]) -> bool:
    """Whether nobody waits for the answer any more.

    Raises:
        Reject: The record has no usable deadline.
    """
    try:
        return int(question.headers[DEADLINE_MS]) < time.time_ns() // 1_000_000
    except (KeyError, ValueError) as error:
        raise Reject(f"header {DEADLINE_MS} is missing or no number: a question needs a deadline") from error


def reply(question: Record[Any], answer: Message | Problem) -> list[Outgoing]:
    """Records that answer a question, one for each part.

    Raises:
        Reject: The question does not say where the answer should go.
    """
    try:
        correlation, partition = question.headers[CORRELATION_ID], int(question.headers[REPLY_PARTITION])
    except (KeyError, ValueError) as error:
        raise Reject(f"headers {CORRELATION_ID} and {REPLY_PARTITION} are needed for an answer") from error
    return [
        Outgoing(
            REPLIES_SENT,
            part,
            f"{correlation}/{part.part}",
            question.time_us,
            key=correlation.encode(),
            partition=partition,
            headers={CORRELATION_ID: correlation},
        )
        for part in _parts(correlation, answer)
    ]


def _parts(correlation: str, answer: Message | Problem) -> list[request_pb2.Reply]:
    if isinstance(answer, Problem):
        problem = request_pb2.Problem(type=answer.type, title=answer.title, status=answer.status, detail=answer.detail)
        return [request_pb2.Reply(correlation_id=correlation, part=0, parts=1, problem=problem)]
    data = answer.SerializeToString(deterministic=True)
    pieces = [data[i : i + PART_BYTES] for i in range(0, len(data), PART_BYTES)] or [b""]
    type_ = str(answer.DESCRIPTOR.full_name)
    return [
        request_pb2.Reply(correlation_id=correlation, part=i, parts=len(pieces), type=type_, inline=piece)
        for i, piece in enumerate(pieces)
    ]
