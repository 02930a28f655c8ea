"""Questions and answers over topics: correlation id, reply partition, deadline.

Each asking process reads one partition of the reply topic, from the time it started; several processes may
share one, and each takes only what it asked for. An answer larger than a record comes in parts. Whoever asks for pieces
gets messages before the answer, as they come.
"""

from __future__ import annotations

import asyncio
import uuid
import zlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import REPLIES_SENT, Topic
from resonance_runtime.errors import Problem, Reject
from resonance_runtime.records import CORRELATION_ID, DEADLINE_MS, REPLY_PARTITION, Outgoing, Record
from resonance_runtime.runtime import Runtime
from resonance_runtime.tables import TopicReader
from resonance_runtime.wall_clock import SHARED, now_us

M = TypeVar("M", bound=Message)

P = TypeVar("P", bound=Message)

PART_BYTES: Final = 256 * 1024
MOST_PIECES: Final = 1024
"""That wait for whoever asked: a slow one costs no more than these."""


@dataclass(frozen=True, slots=True)
class Ended(Generic[M]):
    """The end of pieces.

    Attributes:
        answer: To the question.
        same: Whether the pieces that came before belong to it; with none it is True.
    """

    answer: M
    same: bool


@dataclass(slots=True)
class _Question:
    answer: asyncio.Future[tuple[bytes, str]]
    type: str
    piece_type: str = ""
    pieces: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(MOST_PIECES + 1))
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    taken: int = 0
    course: str = ""

    def take(self, reply: request_pb2.Reply) -> None:
        if self.answer.done():
            return
        if reply.piece:
            self._take_piece(reply)
        elif reply.HasField("problem"):
            p = reply.problem
            self.fail(Problem(p.status, p.title, p.detail, p.type))
        elif reply.type != self.type:
            self.fail(Problem(502, "Unexpected answer", f"Expected {self.type}, got {reply.type}."))
        else:
            parts = self.parts.setdefault(reply.course, {})
            parts[reply.part] = reply.inline
            if len(parts) == reply.parts:
                self.answer.set_result((b"".join(parts[i] for i in range(reply.parts)), reply.course))
                self.pieces.put_nowait(None)

    def _take_piece(self, reply: request_pb2.Reply) -> None:
        """Takes the next piece of the course that began first; others, and repeats, are passed over."""
        if reply.type != self.piece_type or reply.piece != self.taken + 1 or self.course not in ("", reply.course):
            return
        if self.pieces.qsize() >= MOST_PIECES:
            return self.fail(Problem(503, "Too slow", "More pieces of the answer wait than are kept for one reader."))
        self.taken, self.course = reply.piece, reply.course
        self.pieces.put_nowait(reply.inline)

    def fail(self, problem: Problem) -> None:
        self.answer.set_exception(problem)
        self.pieces.put_nowait(None)


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
                question.fail(Problem(503, "Stopping", "This instance stops; ask again."))
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
                data, _ = await pending.answer
                return answer.FromString(data)
        except TimeoutError:
            raise Problem(504, "No answer in time", f"No answer came within {timeout_s:g} s; it may be busy.") from None
        finally:
            del self._questions[correlation]

    async def pieces(
        self, topic: Topic, question: Message, piece: type[P], answer: type[M], timeout_s: float
    ) -> AsyncGenerator[P | Ended[M], None]:
        """Asks, and gives the pieces that come before the answer, and the answer last.

        Raises:
            Problem: As of `ask`; also after pieces.
            Unavailable: The question could not be sent.
        """
        correlation, clock = str(uuid.uuid4()), asyncio.get_running_loop().time
        future: asyncio.Future[tuple[bytes, str]] = asyncio.get_running_loop().create_future()
        pending = _Question(future, str(answer.DESCRIPTOR.full_name), str(piece.DESCRIPTOR.full_name))
        self._questions[correlation] = pending
        deadline = clock() + timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                await self._runtime.publisher.send(self._outgoing(topic, question, correlation, timeout_s))
            while True:
                async with asyncio.timeout_at(deadline):
                    data = await pending.pieces.get()
                if data is None:
                    break
                yield piece.FromString(data)
            data, course = await pending.answer
            yield Ended(answer.FromString(data), pending.course in ("", course))
        except TimeoutError:
            raise Problem(504, "No answer in time", f"No answer came within {timeout_s:g} s; it may be busy.") from None
        finally:
            if not future.cancel():
                future.exception()  # whoever stops reading has no use for it
            del self._questions[correlation]

    def _outgoing(self, topic: Topic, question: Message, correlation: str, timeout_s: float) -> Outgoing:
        headers = {
            CORRELATION_ID: correlation,
            REPLY_PARTITION: str(self._partition),
            DEADLINE_MS: str(SHARED.now_us() // 1000 + round(timeout_s * 1000)),
        }
        return Outgoing(topic, question, correlation, now_us(), key=correlation.encode(), headers=headers)

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
        return SHARED.left_s(int(question.headers[DEADLINE_MS])) < 0
    except (KeyError, ValueError) as error:
        raise Reject(f"header {DEADLINE_MS} is missing or no number: a question needs a deadline") from error


def reply(question: Record[Any], answer: Message | Problem, *, piece: int = 0, course: str = "") -> list[Outgoing]:
    """Records that answer a question, one for each part.

    Args:
        question: That was asked.
        answer: Or a message that comes before it.
        piece: Which of those it is, from 1; 0 for the answer.
        course: What the answer and all pieces of one course of the work have in common.

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
            f"{correlation}/{course}/{piece}/{part.part}" if course else f"{correlation}/{part.part}",
            question.time_us,
            key=correlation.encode(),
            partition=partition,
            headers={CORRELATION_ID: correlation},
        )
        for part in _parts(correlation, answer, piece, course)
    ]


def _parts(correlation: str, answer: Message | Problem, piece: int, course: str) -> list[request_pb2.Reply]:
    if isinstance(answer, Problem):
        problem = request_pb2.Problem(type=answer.type, title=answer.title, status=answer.status, detail=answer.detail)
        return [request_pb2.Reply(correlation_id=correlation, part=0, parts=1, problem=problem, course=course)]
    data = answer.SerializeToString(deterministic=True)
    pieces = [data[i : i + PART_BYTES] for i in range(0, len(data), PART_BYTES)] or [b""]
    type_ = str(answer.DESCRIPTOR.full_name)
    return [
        request_pb2.Reply(
            correlation_id=correlation,
            part=number,
            parts=len(pieces),
            type=type_,
            inline=data,
            piece=piece,
            course=course,
        )
        for number, data in enumerate(pieces)
    ]
