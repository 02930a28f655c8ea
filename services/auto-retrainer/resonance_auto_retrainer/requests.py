"""What operators ask of models by topic: every question gets an answer or a problem (RFC 9457), each is done once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from google.protobuf.message import Message

from resonance_auto_retrainer.errors import RetrainerError
from resonance_auto_retrainer.problems import problem_of
from resonance_auto_retrainer.promotion import promoted_of
from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_modeling.alias import AliasChange
from resonance_modeling.errors import ModelingError
from resonance_modeling.registry import BUCKET
from resonance_runtime.errors import Problem, Reject
from resonance_runtime.records import CORRELATION_ID, REPLY_PARTITION, Outgoing, Record
from resonance_runtime.requests import expired, reply
from resonance_runtime.spans.handled import within

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]

REMEMBERED: Final = 1000
"""Answers that are kept for questions that are read again."""


class Operations(Protocol):
    """What can be asked for. A repeat of the same request does no more.

    All of it raises Unavailable where store or broker do not answer, else ModelingError or RetrainerError.
    """

    async def train(self, model_name: str, auto_deploy: bool, by: str, request_id: str) -> str:
        """Begins a training, or lets it wait for its turn; returns its id.

        Args:
            model_name: Of the model.
            auto_deploy: Whether what comes out goes on trial, or into service where nothing is.
            by: Who asks.
            request_id: Of the request.
        """

    async def load(self, model_name: str, version: str, by: str, reason: str, request_id: str) -> AliasChange:
        """Makes a stored version the champion; `version` may be the beginning of it."""

    async def roll_back(self, model_name: str, by: str, reason: str, request_id: str) -> AliasChange:
        """Makes the champion before this one the champion again."""


class Requests:
    """Answers what is asked, one after the other.

    Args:
        operations: Does it.
        send_all: Sends the answers.
    """

    def __init__(self, operations: Operations, send_all: SendAll) -> None:
        self._operations = operations
        self._send_all = send_all
        self._answers: OrderedDict[str, Message | Problem] = OrderedDict()
        self._turn = asyncio.Lock()

    async def handle(self, records: Sequence[Record[request_pb2.ModelRequest]]) -> None:
        """Answers questions whose deadline has not passed.

        Raises:
            Reject: A question does not say where the answer should go, or until when; nothing was done.
            Unavailable: Store or broker do not answer; what was done is not done again.
        """
        for record in records:
            if not {CORRELATION_ID, REPLY_PARTITION} <= record.headers.keys():
                raise Reject(f"headers {CORRELATION_ID} and {REPLY_PARTITION} are needed for an answer")
            async with self._turn:
                if not expired(record):
                    with within(record):
                        await self._send_all(reply(record, await self._answer(record)))

    async def _answer(self, record: Record[request_pb2.ModelRequest]) -> Message | Problem:
        request_id = record.headers[CORRELATION_ID]
        if (known := self._answers.get(request_id)) is not None:
            return known
        try:
            answer: Message | Problem = await self._done(record.value, request_id)
        except (ModelingError, RetrainerError) as fault:
            answer = problem_of(fault)
        self._answers[request_id] = answer
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        return answer

    async def _done(self, asked: request_pb2.ModelRequest, request_id: str) -> Message | Problem:
        name, by = asked.model_name, asked.asked_by or "somebody"
        match asked.WhichOneof("action"):
            case "train":
                training = await self._operations.train(name, asked.train.auto_deploy, by, request_id)
                said = f"A training of {name} was begun: its id is {training}."
                return request_pb2.ModelReply(training_id=training, message=said)
            case "load":
                change = await self._operations.load(name, asked.load.model_version, by, asked.reason, request_id)
            case "rollback":
                change = await self._operations.roll_back(name, by, asked.reason, request_id)
            case _:
                return Problem(400, "Nothing is asked for", "Expected train, load or rollback.")
        said = f"Version {change.model_version[:12]} is the champion of {name}, revision {change.revision}."
        return request_pb2.ModelReply(promoted=promoted_of(change, BUCKET), message=said)
