"""Answers questions that come by topic: every question gets a verdict or a problem (RFC 9457)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from pydantic import ValidationError

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_predictor import answers
from resonance_predictor.endpoint import InForce
from resonance_runtime.errors import Problem
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.requests import expired, reply

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]


class Questions:
    """What is asked of single vectors.

    Args:
        in_force: The rules and the models to go by.
        send_all: Sends the answers.
    """

    def __init__(self, in_force: InForce, send_all: SendAll) -> None:
        self._in_force = in_force
        self._send_all = send_all

    async def handle(self, records: Sequence[Record[request_pb2.ScoreRequest]]) -> None:
        """Answers questions whose deadline has not passed."""
        for record in records:
            if not expired(record):
                await self._send_all(reply(record, self._answer(record.value)))

    def _answer(self, asked: request_pb2.ScoreRequest) -> request_pb2.ScoreReply | Problem:
        try:
            question = answers.Question(features=dict(asked.features))
        except ValidationError as error:
            said = "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
            return Problem(422, "Features that no vector can have", f"{said[:2000]}.")
        return answers.reply(question, *self._in_force())
