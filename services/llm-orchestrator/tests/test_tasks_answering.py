"""Questions of tasks: each gets an answer or a problem within its deadline, and none waits for another."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import TASKS_REQUESTED
from resonance_llm_orchestrator.brief import Brief, Wording
from resonance_llm_orchestrator.tasks import answering as answering_module
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Problem, Reject, Unavailable
from resonance_runtime.records import CORRELATION_ID, DEADLINE_MS, REPLY_PARTITION, Outgoing, Record
from resonance_tasks.catalogue import TASKS
from tests.support.offline_writer import OfflineWriter

SMART = "generate_smart_alert"
QUESTION = {"alert_data": {"metric": "error_rate", "value": 0.25, "threshold": 0.1}}


class Sent:
    """What was answered, in order."""

    def __init__(self) -> None:
        self.replies: list[request_pb2.Reply] = []

    async def __call__(self, outgoing: Sequence[Outgoing]) -> None:
        self.replies += [one.value for one in outgoing]


class Slow(OfflineWriter):
    """A writer that takes its time over everything that is critical."""

    def __init__(self) -> None:
        self.released = asyncio.Event()

    async def write(self, brief: Brief, deadline: float) -> Wording:
        if brief.critical:
            await self.released.wait()
        return await super().write(brief, deadline)


def answering(writer: Any = None, sent: Sent | None = None, concurrency: int = 8) -> Answering:
    handlers = handlers_of(writer or OfflineWriter(), RecentIncidents(Erasures()))
    return Answering(handlers, sent or Sent(), concurrency)


def record(correlation: str, question: Any = QUESTION, left_s: float = 5.0, **headers: Any) -> Record[Any]:
    told = {
        CORRELATION_ID: correlation,
        REPLY_PARTITION: "0",
        DEADLINE_MS: str(time.time_ns() // 1_000_000 + round(left_s * 1000)),
        **headers,
    }
    asked = request_pb2.TaskRequest(task=SMART, question=json.dumps(question).encode())
    kept = {name: value for name, value in told.items() if value is not None}
    return Record(TASKS_REQUESTED, 0, 0, correlation, 1, None, asked, kept)


async def ask(task: str, question: Any, writer: Any = None, left_s: float = 5.0) -> Any:
    data = question if isinstance(question, bytes) else json.dumps(question).encode()
    said = await answering(writer).answer(request_pb2.TaskRequest(task=task, question=data), left_s)
    return said if isinstance(said, Problem) else json.loads(said.answer)


def test_every_task_of_the_catalogue_has_a_handler() -> None:
    assert set(handlers_of(OfflineWriter(), RecentIncidents(Erasures()))) == {task.name for task in TASKS}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
async def test_every_task_answers_its_example_in_its_form(task: Any) -> None:
    answer = await ask(task.name, task.question.model_json_schema()["examples"][0])
    assert task.answer.model_validate_json(json.dumps(answer), strict=True).written.provider == "offline"


async def test_a_slow_question_holds_up_no_other(eventually: Any) -> None:
    writer, sent = Slow(), Sent()
    desk = answering(writer, sent)
    critical = {"alert_data": {"metric": "error_rate", "value": 0.9, "threshold": 0.1}}
    await desk.handle([record("slow", critical), record("quick")])
    await eventually(lambda: [reply.correlation_id for reply in sent.replies] == ["quick"])
    writer.released.set()
    await desk.stop()
    assert {reply.correlation_id for reply in sent.replies} == {"quick", "slow"}
    assert all(reply.type for reply in sent.replies)


async def test_no_more_are_in_work_than_there_are_places() -> None:
    writer, sent = Slow(), Sent()
    desk = answering(writer, sent, concurrency=2)
    critical = {"alert_data": {"metric": "error_rate", "value": 0.9, "threshold": 0.1}}
    taking = asyncio.create_task(desk.handle([record(str(i), critical) for i in range(3)]))
    await asyncio.wait([taking], timeout=0.05)
    assert not taking.done()
    writer.released.set()
    await taking
    await desk.stop()
    assert len(sent.replies) == 3


async def test_whoever_finds_no_place_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering_module, "QUEUE_S", 0.01)
    writer, sent = Slow(), Sent()
    desk = answering(writer, sent, concurrency=1)
    critical = {"alert_data": {"metric": "error_rate", "value": 0.9, "threshold": 0.1}}
    await desk.handle([record("first", critical), record("second")])
    assert [(reply.correlation_id, reply.problem.status) for reply in sent.replies] == [("second", 503)]
    writer.released.set()
    await desk.stop()
    assert len(sent.replies) == 2


async def test_a_question_nobody_waits_for_any_more_is_passed_over() -> None:
    sent = Sent()
    desk = answering(sent=sent)
    await desk.handle([record("late", left_s=-1)])
    await desk.stop()
    assert sent.replies == []


@pytest.mark.parametrize("name", [DEADLINE_MS, CORRELATION_ID, REPLY_PARTITION])
async def test_a_question_without_a_deadline_or_an_address_is_rejected(name: str) -> None:
    with pytest.raises(Reject, match=r"needed|needs"):
        await answering().handle([record("x", **{name: None})])


async def test_the_same_question_again_gets_the_same_answer() -> None:
    sent = Sent()
    desk = answering(sent=sent)
    await desk.handle([record("x"), record("x")])
    await desk.stop()
    assert sent.replies[0] == sent.replies[1]


@pytest.mark.parametrize(
    ("task", "question", "status", "said"),
    [
        ("make_coffee", {}, 404, "Expected one of explain_prediction"),
        (SMART, b"{", 422, "The question: "),
        (SMART, {}, 422, "alert_data: Field required."),
        (SMART, {"alert_data": {"value": "secret"}}, 422, "alert_data: value: expected a number"),
        (SMART, {**QUESTION, "recipient_role": "president"}, 422, "recipient_role: "),
        ("incident_plan", {"alert_id": "nowhere"}, 404, "No incident"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem_in_sentences(
    task: str, question: Any, status: int, said: str
) -> None:
    problem = await ask(task, question)
    assert (problem.status, problem.detail.startswith(said)) == (status, True), problem
    assert problem.detail.endswith(".") and "secret" not in problem.detail


class Breaks(OfflineWriter):
    """A writer that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def write(self, brief: Brief, deadline: float) -> Wording:
        raise self._error


async def test_a_task_that_fails_is_a_problem_that_tells_nothing_of_the_question() -> None:
    assert (await ask(SMART, QUESTION, Breaks(RecursionError("alice")))).status == 500
    assert "alice" not in (await ask(SMART, QUESTION, Breaks(RecursionError("alice")))).detail
    assert (await ask(SMART, QUESTION, Breaks(Unavailable("Redis does not answer.")))).status == 503


async def test_a_writer_that_keeps_to_no_deadline_is_not_waited_for() -> None:
    critical = {"alert_data": {"metric": "error_rate", "value": 0.9, "threshold": 0.1}}
    started = time.monotonic()
    problem = await ask(SMART, critical, Slow(), left_s=0.4)
    assert (problem.status, time.monotonic() - started < 0.4) == (504, True)


async def test_who_was_erased_has_no_incident_to_plan_for(alert: Any) -> None:
    erasures = Erasures()
    incidents = RecentIncidents(erasures)
    for number in range(2):
        incidents.take(alert(alert_id=f"i{number}"))
    incidents.take(alert(alert_id="i0", revision=0, vectors=9))
    found = incidents.find("i0")
    assert found is not None and found.vectors == 1
    incidents.forget(alert().user_key)
    assert incidents.find("i0") is incidents.find("i1") is None
