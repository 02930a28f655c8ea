"""Pieces of one answer: sentences that are sent while it is written, numbered, before the answer itself."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_llm_orchestrator.tasks.table import Handle
from resonance_llm_orchestrator.writing.live import LiveWriter, Tell
from resonance_llm_orchestrator.writing.unfolding import Sentence
from resonance_runtime.errors import Problem
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.requests import reply

TITLE = "The words were withdrawn"


@dataclass(frozen=True, slots=True)
class LiveHandlers:
    """Handlers for one question.

    Attributes:
        handlers: By name of the task.
        writer: That they write with.
    """

    handlers: Mapping[str, Handle]
    writer: LiveWriter


Live = Callable[[Tell], LiveHandlers]


class Pieces:
    """Sends pieces.

    Args:
        question: That they belong to.
        send_all: Stores records.
    """

    def __init__(
        self, question: Record[request_pb2.TaskRequest], send_all: Callable[[Sequence[Outgoing]], Awaitable[None]]
    ) -> None:
        self._question = question
        self._send_all = send_all
        # A question that is worked on twice is told in other words each time.
        self._course = uuid.uuid4().hex
        self._sent = 0

    async def tell(self, sentence: Sentence) -> None:
        """Sends one; raises Unavailable where the broker does not take it."""
        self._sent += 1
        piece = request_pb2.TaskPiece(place=sentence.place, number=sentence.number, text=sentence.text)
        await self._send_all(self._records(piece, self._sent))

    def end(self, said: request_pb2.TaskReply | Problem, withdrawn: str) -> list[Outgoing]:
        """Records of what comes last; `withdrawn` says why pieces do not count, and is "" where they do."""
        if withdrawn and isinstance(said, request_pb2.TaskReply):
            detail = f"What was shown does not count, and the answer is our own writer's: {withdrawn}"
            said.withdrawn.MergeFrom(request_pb2.Problem(title=TITLE, status=502, detail=detail))
        return self._records(said, 0)

    def _records(self, message: Any, piece: int) -> list[Outgoing]:
        return reply(self._question, message, piece=piece, course=self._course)
