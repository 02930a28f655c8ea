"""REST: tasks of the orchestrator. The routes are made from the catalogue of tasks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import TASKS_REQUESTED
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.language import preferred
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.asking import Asks
from resonance_gateway.rest.events import Event
from resonance_gateway.rest.problems import members_of
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_narration import Language
from resonance_runtime.errors import Problem
from resonance_runtime.requests import Ended
from resonance_tasks.catalogue import TASKS
from resonance_tasks.task import Answer, Question, Task

TAG: Final = "assistant"
_LANGUAGE: Final = "language"
REPEATED: Final = Problem(
    502,
    "The words were withdrawn",
    "Another process answered the question, in other words: what was shown before does not count.",
)

Asked = Call[Nothing, Nothing, Question]


@dataclass(frozen=True, slots=True)
class Assisting:
    """Handlers of questions to the orchestrator.

    Attributes:
        requester: Asks over topics.
        pseudonyms: Turns user ids into keys.
    """

    requester: Asks
    pseudonyms: Pseudonyms

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served: of every task that has an address."""
        return [self._route(task, task.path) for task in TASKS if task.path is not None]

    def _route(self, task: Task[Question, Answer], path: str) -> Route[Any, Any, Any]:
        return Route(
            "POST",
            path,
            Role(task.role),
            task.summary,
            partial(self.answer, task),
            Nothing,
            Nothing,
            task.question,
            task.answer,
            faults=(404, 502, 504),
            tag=TAG,
            max_body_bytes=task.max_body_bytes,
            events=partial(self.events, task),
        )

    async def answer(self, task: Task[Question, Answer], call: Asked) -> Answer:
        """`POST` of a task's address.

        Raises:
            Problem: What the orchestrator answered with; 504, no answer in time; 502, one of another form.
        """
        reply = await self.requester.ask(
            TASKS_REQUESTED, self._request(task, call), request_pb2.TaskReply, call.body.deadline_ms / 1000
        )
        return _answer_of(task, reply)

    async def events(self, task: Task[Question, Answer], call: Asked) -> AsyncGenerator[Event, None]:
        """The same, told while it is written: `words` for each sentence, then `answer`, or `withdrawn`.

        Raises:
            Problem: As of `answer`.
        """
        request = self._request(task, call)
        request.pieces = True
        pieces = self.requester.pieces(
            TASKS_REQUESTED, request, request_pb2.TaskPiece, request_pb2.TaskReply, call.body.deadline_ms / 1000
        )
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, request_pb2.TaskPiece):
                    said = {"place": piece.place, "number": piece.number, "text": piece.text}
                    yield Event("words", msgspec.json.encode(said))
                else:
                    yield _end(task, piece)

    def _request(self, task: Task[Question, Answer], call: Asked) -> request_pb2.TaskRequest:
        return request_pb2.TaskRequest(
            task=task.name,
            question=self._question(call).model_dump_json(exclude_unset=True).encode(),
            asked_by=self.pseudonyms.user(call.caller.user_id),
        )

    def _question(self, call: Asked) -> Question:
        """What is asked, in the caller's language, with pseudonyms for people."""
        asked = call.body.with_pseudonyms(self.pseudonyms.of_person)
        if _LANGUAGE in asked.model_fields_set:
            return asked
        language = Language(preferred(call.request.headers.get("Accept-Language", "")))
        return asked.model_copy(update={_LANGUAGE: language})


def _answer_of(task: Task[Question, Answer], reply: request_pb2.TaskReply) -> Answer:
    try:
        return task.answer.model_validate_json(reply.answer, strict=True)
    except ValidationError:
        detail = f"The answer of {task.name} has another form: gateway and orchestrator are of different versions."
        raise Problem(502, "Unexpected answer", detail) from None


def _end(task: Task[Question, Answer], ended: Ended[request_pb2.TaskReply]) -> Event:
    """The last event: the answer, beside why the words before it do not count where they do not."""
    answer = _answer_of(task, ended.answer).model_dump(mode="json")
    withdrawn = ended.answer.withdrawn
    if ended.same and not withdrawn.status:
        return Event("answer", msgspec.json.encode(answer))
    why = Problem(withdrawn.status, withdrawn.title, withdrawn.detail) if withdrawn.status else REPEATED
    return Event("withdrawn", msgspec.json.encode({**members_of(why), "answer": answer}))
