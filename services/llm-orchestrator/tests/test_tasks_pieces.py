"""A question that wants pieces gets sentences before its answer, numbered, and hears where they do not count."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiohttp import web

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import TASKS_REQUESTED
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.pieces import LiveHandlers
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_llm_orchestrator.writing.live import LiveWriter, Tell
from resonance_llm_orchestrator.writing.streams import Streams
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import CORRELATION_ID, DEADLINE_MS, REPLY_PARTITION, Outgoing, Record
from tests.support.llm_server import LlmServer, events, llm_server, streamed
from tests.support.llm_writer import Scene, provider, scene

QUESTION = {"alert_data": {"metric": "error_rate", "value": 0.25, "threshold": 0.1}}
WORDS = {"title": "Errors", "summary": "There are more errors. It may pass.", "recommendations": ["Look at it."]}


class Sent:
    """What was sent, in order; the broker may be away."""

    def __init__(self) -> None:
        self.replies: list[request_pb2.Reply] = []
        self.away_for_pieces = False

    async def __call__(self, outgoing: Sequence[Outgoing]) -> None:
        if self.away_for_pieces and outgoing[0].value.piece:
            raise Unavailable("The broker is away.")
        self.replies += [one.value for one in outgoing]


@pytest.fixture
async def server() -> AsyncIterator[LlmServer]:
    async with llm_server() as running:
        yield running


@pytest.fixture
async def played(server: LlmServer) -> AsyncIterator[Scene]:
    made = scene([provider("openai", server.url)])
    yield made
    await made.writer.close()


def answers(server: LlmServer, keep: int) -> None:
    async def respond(request: web.Request, name: str, _: dict[str, Any]) -> web.StreamResponse:
        return await streamed(request, events(name, json.dumps({"en": WORDS}), pieces=30)[:keep])

    server.plan["openai"] = [respond]


async def ask(played: Scene, sent: Sent, task: str = "generate_smart_alert", *, pieces: bool = True) -> None:
    incidents = RecentIncidents(Erasures())

    def live(tell: Tell) -> LiveHandlers:
        streams = Streams(played.desk, played.writer._providers, played.writer.spending, played.outcomes.append)
        writer = LiveWriter(played.writer, played.desk, streams, tell)
        return LiveHandlers(handlers_of(writer, incidents), writer)

    desk = Answering(handlers_of(played.writer, incidents), sent, 8, live)
    headers = {CORRELATION_ID: "c", REPLY_PARTITION: "0", DEADLINE_MS: str(time.time_ns() // 1_000_000 + 5000)}
    asked = request_pb2.TaskRequest(task=task, question=json.dumps(QUESTION).encode(), pieces=pieces)
    await desk.handle([Record(TASKS_REQUESTED, 0, 0, "c", 1, None, asked, headers)])
    await desk.stop()


async def test_sentences_come_numbered_and_the_answer_last(played: Scene, server: LlmServer) -> None:
    answers(server, 1000)
    await ask(played, sent := Sent())
    *pieces, end = sent.replies
    said = [request_pb2.TaskPiece.FromString(one.inline) for one in pieces]
    assert [one.text for one in said] == ["Errors", "There are more errors.", "It may pass.", "Look at it."]
    assert [one.piece for one in sent.replies] == [1, 2, 3, 4, 0]
    assert len({one.course for one in sent.replies}) == 1 and end.course
    reply = request_pb2.TaskReply.FromString(end.inline)
    assert json.loads(reply.answer)["written"]["provider"] == "openai" and not reply.HasField("withdrawn")


async def test_what_breaks_off_is_withdrawn_and_our_own_answer_comes(played: Scene, server: LlmServer) -> None:
    answers(server, 25)
    await ask(played, sent := Sent())
    reply = request_pb2.TaskReply.FromString(sent.replies[-1].inline)
    assert len(sent.replies) > 1 and json.loads(reply.answer)["written"]["provider"] == "offline"
    assert reply.withdrawn.status == 502 and "openai: broken_answer: " in reply.withdrawn.detail


async def test_the_same_question_again_is_another_course(played: Scene, server: LlmServer) -> None:
    answers(server, 25)
    await ask(played, sent := Sent())
    answers(server, 25)
    await ask(played, sent)
    assert len({one.course for one in sent.replies}) == 2


async def test_whoever_wants_no_pieces_gets_none(played: Scene, server: LlmServer) -> None:
    await ask(played, sent := Sent(), pieces=False)
    assert [(one.piece, one.course) for one in sent.replies] == [(0, "")]


async def test_a_broker_that_takes_no_pieces_is_a_problem(played: Scene, server: LlmServer) -> None:
    answers(server, 1000)
    sent = Sent()
    sent.away_for_pieces = True
    await ask(played, sent)
    assert [one.problem.status for one in sent.replies] == [503]


async def test_a_task_without_words_is_answered_as_ever(played: Scene) -> None:
    await ask(played, sent := Sent(), task="make_coffee")
    assert [one.problem.status for one in sent.replies] == [404]
