"""Answers of tasks told as server-sent events, over a real socket; the orchestrator's part is played here."""

from __future__ import annotations

import asyncio
import json

import pytest

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import TASKS_REQUESTED
from resonance_runtime.errors import Problem
from resonance_runtime.requests import Ended

PATH = "/ml/alerts/smart"
BODY = {"alert_data": {"metric": "error_rate", "value": 0.25, "threshold": 0.1}}
ANSWER = {
    "language": "en", "title": "Errors", "summary": "Many.", "recommendations": ["Look."], "severity": "high",
    "root_causes": [], "message": "Errors", "recipient_role": "devops",
    "written": {"provider": "openai", "model": "m", "degraded": [], "vetoed": [], "judgements": []},
}  # fmt: skip
WORD = request_pb2.TaskPiece(place="recommendations", number=1, text="Look\nthere, «now».")
WITHDRAWN = request_pb2.Problem(title="The words were withdrawn", status=502, detail="openai: cut.")


def reply(**more):
    return request_pb2.TaskReply(answer=json.dumps(ANSWER).encode(), **more)


class Orchestrator:
    """Gives pieces, as long as it may."""

    def __init__(self, running, *steps):
        self.steps, self.asked, self.closed = steps, [], asyncio.Event()
        self.go = asyncio.Event()
        running.gateway._requester.pieces = self.pieces

    async def pieces(self, topic, question, piece, answer, timeout_s):
        assert (topic, piece, answer) == (TASKS_REQUESTED, request_pb2.TaskPiece, request_pb2.TaskReply)
        self.asked.append((question, timeout_s))
        try:
            for step in self.steps:
                if step is Ellipsis:
                    await self.go.wait()
                elif isinstance(step, Problem):
                    raise step
                else:
                    yield step
        finally:
            self.closed.set()


@pytest.fixture
def tell(running, operator):
    async def post(accept="text/event-stream"):
        return await running.client.post(PATH, json=BODY, headers={**operator, "Accept": accept})

    return post


def events_of(text):
    blocks = [block.split("\n") for block in text.split("\n\n") if block]
    assert all(len(block) == 2 for block in blocks), "one line of data each"
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


async def test_words_come_as_they_are_written_and_the_answer_last(running, tell):
    played = Orchestrator(running, WORD, ..., Ended(reply(), same=True))
    response = await tell()

    assert (response.status, response.content_type) == (200, "text/event-stream")
    assert response.headers["Cache-Control"] == "no-store"
    assert await response.content.readline() == b"event: words\n"
    assert json.loads((await response.content.readline()).removeprefix(b"data: ")) == {
        "place": "recommendations", "number": 1, "text": "Look\nthere, «now».",
    }  # fmt: skip
    played.go.set()
    assert events_of((await response.text()).lstrip("\n")) == [("answer", ANSWER)]
    question, timeout_s = played.asked[0]
    assert (question.pieces, question.task, timeout_s) == (True, "generate_smart_alert", 5.0)


async def test_words_that_do_not_count_are_said_to_with_the_answer_that_does(running, tell):
    Orchestrator(running, WORD, Ended(reply(withdrawn=WITHDRAWN), same=True))
    _, (name, data) = events_of(await (await tell()).text())

    assert (name, data["status"], data["type"]) == ("withdrawn", 502, "/problems/the-words-were-withdrawn")
    assert (data["detail"], data["answer"]) == ("openai: cut.", ANSWER)


async def test_an_answer_of_another_course_withdraws_the_words_of_the_first(running, tell):
    Orchestrator(running, WORD, Ended(reply(), same=False))
    name, data = events_of(await (await tell()).text())[-1]

    assert (name, data["answer"]) == ("withdrawn", ANSWER) and "Another process" in data["detail"]


async def test_a_problem_before_the_first_word_is_an_answer_of_its_status(running, tell):
    Orchestrator(running, Problem(504, "No answer in time", "Nobody answers."))
    response = await tell()

    assert (response.status, response.content_type) == (504, "application/problem+json")


async def test_a_problem_after_it_is_the_last_event(running, tell):
    Orchestrator(running, WORD, Problem(504, "No answer in time", "Nobody answers."))
    name, data = events_of(await (await tell()).text())[-1]

    assert (name, data["status"], data["detail"]) == ("problem", 504, "Nobody answers.")


async def test_an_answer_of_another_form_is_a_problem(running, tell):
    Orchestrator(running, WORD, Ended(request_pb2.TaskReply(answer=b"{}"), same=True))
    name, data = events_of(await (await tell()).text())[-1]

    assert (name, data["title"]) == ("problem", "Unexpected answer")


async def test_a_client_that_has_gone_is_told_no_more(running, tell):
    played = Orchestrator(running, WORD, ..., *[WORD] * 1000, Ended(reply(), same=True))
    response = await tell()
    response.close()
    played.go.set()

    async with asyncio.timeout(5):
        await played.closed.wait()


async def test_a_client_that_does_not_read_is_hung_up_on(running, tell, monkeypatch):
    monkeypatch.setattr("resonance_gateway.rest.events.LONGEST_S", 0.3)
    large = request_pb2.TaskPiece(place="summary", text="x" * 100_000)
    played = Orchestrator(running, *[large] * 1000, Ended(reply(), same=True))
    response = await tell()

    async with asyncio.timeout(10):
        await played.closed.wait()
    response.close()


async def test_whoever_accepts_anything_gets_json(running, tell):
    running.requester.answer = reply()
    response = await tell("*/*")

    assert (response.content_type, await response.json()) == ("application/json", ANSWER)
