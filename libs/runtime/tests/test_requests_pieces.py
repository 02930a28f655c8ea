"""Pieces that come before an answer: in order, of one course, and no more than are kept for one reader."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import REPLIES_SENT, TASKS_REQUESTED
from resonance_runtime import requests
from resonance_runtime.errors import Problem
from resonance_runtime.health import Health
from resonance_runtime.records import CORRELATION_ID, REPLY_PARTITION, Outgoing, Record
from resonance_runtime.requests import Ended, Requester, reply

ANSWER = request_pb2.TaskReply(answer=b"{}")


def piece(text: str) -> request_pb2.TaskPiece:
    return request_pb2.TaskPiece(place="summary", text=text)


class Surroundings:
    """What a requester needs of a runtime, without a broker."""

    def __init__(self, send: Any) -> None:
        self.health = Health(stall_s=30)
        self.publisher = self
        self.send = send


class Asked:
    """A requester: what is asked is kept, what is answered is given to it."""

    def __init__(self) -> None:
        runtime: Any = Surroundings(self.send)
        self.requester = Requester(runtime)
        self.sent: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> None:
        self.sent.append(outgoing)

    async def pieces(self, timeout_s: float = 5.0) -> list[Any]:
        question, found = request_pb2.TaskRequest(task="t"), []
        of = self.requester.pieces(TASKS_REQUESTED, question, request_pb2.TaskPiece, request_pb2.TaskReply, timeout_s)
        async for one in of:
            found.append(one.text if isinstance(one, request_pb2.TaskPiece) else one)
        return found

    async def answer(self, message: Any, number: int = 0, course: str = "a") -> None:
        while not self.sent:
            await asyncio.sleep(0)
        headers = {**self.sent[0].headers, CORRELATION_ID: self.sent[0].id, REPLY_PARTITION: "0"}
        asked = Record(TASKS_REQUESTED, 0, 0, self.sent[0].id, 1, None, request_pb2.TaskRequest(), headers)
        said = reply(asked, message, piece=number, course=course)
        await self.requester._take([Record(REPLIES_SENT, 0, 0, "r", 1, None, one.value, {}) for one in said])


@pytest.fixture
async def asked() -> Asked:
    return Asked()


async def test_pieces_come_in_order_and_the_answer_ends_them(asked: Asked) -> None:
    reading = asyncio.create_task(asked.pieces())
    await asked.answer(piece("one"), 1)
    await asked.answer(piece("two"), 2)
    await asked.answer(ANSWER)
    assert await reading == ["one", "two", Ended(ANSWER, same=True)]
    assert asked.requester._questions == {}


async def test_repeats_and_pieces_of_another_course_are_passed_over_and_its_answer_says_so(asked: Asked) -> None:
    reading = asyncio.create_task(asked.pieces())
    await asked.answer(piece("one"), 1)
    await asked.answer(piece("one"), 1)
    await asked.answer(piece("uno"), 1, course="b")
    await asked.answer(piece("dos"), 2, course="b")
    await asked.answer(piece("three"), 3)
    await asked.answer(ANSWER, course="b")
    assert await reading == ["one", Ended(ANSWER, same=False)]


async def test_without_pieces_any_answer_is_the_answer(asked: Asked) -> None:
    reading = asyncio.create_task(asked.pieces())
    await asked.answer(ANSWER, course="")
    assert await reading == [Ended(ANSWER, same=True)]


async def test_a_problem_ends_them(asked: Asked) -> None:
    reading = asyncio.create_task(asked.pieces())
    await asked.answer(piece("one"), 1)
    await asked.answer(Problem(503, "Busy", "Later."))
    with pytest.raises(Problem, match="Later"):
        await reading


async def test_no_answer_in_time_is_a_problem(asked: Asked) -> None:
    with pytest.raises(Problem) as caught:
        await asked.pieces(0.02)
    assert caught.value.status == 504 and asked.requester._questions == {}


async def test_more_than_are_kept_for_one_reader_end_them(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_PIECES", 3)
    question = request_pb2.TaskRequest(task="t")
    of = asked.requester.pieces(TASKS_REQUESTED, question, request_pb2.TaskPiece, request_pb2.TaskReply, 5.0)
    first = asyncio.create_task(anext(of))
    for number in range(1, 6):
        await asked.answer(piece(str(number)), number)
    assert (await first).text == "1"  # type: ignore[union-attr]
    with pytest.raises(Problem, match="wait"):
        async for _ in of:
            pass


async def test_stopping_ends_them(asked: Asked) -> None:
    reading = asyncio.create_task(asked.pieces())
    await asked.answer(piece("one"), 1)
    await asked.requester.stop()
    with pytest.raises(Problem, match="stops"):
        await reading
