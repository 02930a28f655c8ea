"""Tasks over a real socket; the orchestrator's own code answers, without a provider."""

from __future__ import annotations

import json

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2, request_pb2
from resonance_contracts.topics import TASKS_REQUESTED
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Problem
from resonance_tasks.catalogue import TASKS
from tests.support.offline_writer import OfflineWriter

KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user("alice")
ALERT = detection_pb2.Alert(
    alert_id="i1",
    revision=1,
    state=detection_pb2.ALERT_STATE_OPEN,
    user_key=KEY,
    stream="live",
    kind="message_flood",
    severity=detection_pb2.SEVERITY_HIGH,
    detector=detection_pb2.DETECTOR_RULE,
    opened_us=1_795_269_905_000_000,
    last_seen_us=1_795_269_905_000_000,
    vectors=1,
)


def example(task):
    return task.question.model_json_schema()["examples"][0]


@pytest.fixture
def asked(running):
    """Questions that were asked; answered by the orchestrator's code."""
    questions = []
    incidents = RecentIncidents(Erasures())
    incidents.take(ALERT)
    answering = Answering(handlers_of(OfflineWriter(), incidents), send_all=None, concurrency=1)

    async def ask(topic, question, answer, timeout_s):
        assert (topic, answer) == (TASKS_REQUESTED, request_pb2.TaskReply)
        questions.append(question)
        said = await answering.answer(question, timeout_s)
        if isinstance(said, Problem):
            raise said
        return said

    running.gateway._requester.ask = ask
    return questions


@pytest.fixture
def post(running, operator):
    async def send(path, body, status=200, headers=operator, **more):
        data = body if isinstance(body, (bytes, str)) else json.dumps(body)
        sent = {**headers, "Content-Type": "application/json", **more}
        response = await running.client.post(path, data=data, headers=sent)
        answer = await response.json()
        assert response.status == status, answer
        return answer

    return send


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
async def test_every_task_of_the_catalogue_answers_its_example(task, asked, post):
    answer = await post(task.path, example(task))

    assert asked[0].task == task.name
    own = {"outcome": "own", "author": "offline", "judge": "guard", "model": "", "principles_version": "1"}
    assert answer["written"] == {
        "provider": "offline",
        "model": "templates",
        "degraded": [],
        "vetoed": [],
        "judgements": [{**own, "findings": []}],
    }
    assert answer["severity"] in ("low", "medium", "high", "critical")
    assert answer["summary"].endswith(".") and 1 <= len(answer["recommendations"]) <= 6
    assert answer["root_causes"]


async def test_the_alert_of_the_document_is_high_and_has_its_numbers(asked, post):
    answer = await post("/ml/alerts/smart", example(next(t for t in TASKS if t.name == "generate_smart_alert")))

    assert (answer["title"], answer["severity"]) == ("Share of errors: 25% (websocket)", "high")
    assert "above the threshold of 10%" in answer["summary"] and "150 users are affected." in answer["summary"]
    assert answer["message"].splitlines()[1] == "Reported as: High error rate detected"


@pytest.mark.parametrize(
    ("body", "headers", "language"),
    [
        ({}, {}, "en"),
        ({}, {"Accept-Language": "ru-RU,ru;q=0.9"}, "ru"),
        ({"language": "en"}, {"Accept-Language": "ru"}, "en"),
        ({"language": "ru"}, {}, "ru"),
    ],
)
async def test_the_language_is_the_questions_else_the_readers(asked, post, body, headers, language):
    answer = await post("/ml/alerts/smart", {"alert_data": {"metric": "cpu"}, **body}, **headers)

    assert answer["language"] == language
    assert ("Нехватка" in answer["title"]) is (language == "ru")


async def test_user_ids_do_not_leave_the_gateway(asked, post):
    await post("/ml/alerts/smart", {"alert_data": {"user_id": "alice", "more": {"username": "alice"}}})
    await post("/ml/analyze/anomaly", {"anomaly_data": {"features": {"error_rate": 0.5}, "user_id": "alice"}})
    await post("/ml/analyze/anomaly", {"anomaly_data": {"features": {"error_rate": 0.5}, "user_id": KEY}})
    await post("/ml/assistant/lag", {"player": {"rtt_ms": 40}, "user_id": "alice"})

    for question in asked:
        assert b"alice" not in question.question and KEY.encode() in question.question
        assert question.asked_by == Pseudonyms("a key of pseudonyms for tests, long enough").user("olga")


async def test_an_incident_by_its_id_is_planned(asked, post):
    plan = await post("/ml/incidents/plan", {"alert_id": "i1", "recipient_role": "support"})

    assert (plan["alert_id"], plan["severity"]) == ("i1", "high")
    assert [step["order"] for step in plan["steps"]] == list(range(1, len(plan["steps"]) + 1))
    assert plan["steps"][0]["phase"] == "contain"
    assert {step["role"] for step in plan["steps"]} == {"devops", "security", "developer", "support", "management"}


async def test_an_incident_nobody_knows_is_a_problem(asked, post):
    problem = await post("/ml/incidents/plan", {"alert_id": "nowhere"}, status=404)

    assert problem["type"] == "/problems/no-such-incident"


async def test_an_answer_of_another_form_is_a_problem(running, post):
    running.requester.answer = request_pb2.TaskReply(answer=b'{"colour": "red"}')

    assert (await post("/ml/alerts/smart", {"alert_data": {"metric": "cpu"}}, status=502))["detail"].endswith(".")


async def test_nobody_answering_in_time_is_a_problem(post):
    assert (await post("/ml/alerts/smart", {"alert_data": {"metric": "cpu"}}, status=504))["title"]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
async def test_a_viewer_may_not_ask(task, asked, post, viewer):
    await post(task.path, example(task), status=403, headers=viewer)

    assert asked == []


SMART, ANOMALY, WORDS, PLAN = "/ml/alerts/smart", "/ml/analyze/anomaly", "/ml/explain/words", "/ml/incidents/plan"
SERIES, LAG = "/ml/analyze/performance", "/ml/assistant/lag"
DEEP = {"a": {"b": {"c": 1}}}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (SMART, "{", 400),
        (SMART, '{"alert_data": {"value": NaN}}', 422),
        (SMART, "[]", 422),
        (SMART, '{"alert_data": ' + "[" * 500 + "]" * 500 + "}", 400),
        (SMART, '{"alert_data": {"message": "\\ud800"}}', 400),
        (SMART, {}, 422),
        (SMART, {"alert_data": {}}, 422),
        (SMART, {"alert_data": "text"}, 422),
        (SMART, '{"alert_data": {"value": 1e400}}', 422),
        (SMART, {"alert_data": {"value": 10**400}}, 422),
        (SMART, {"alert_data": {"value": "0.25"}}, 422),
        (SMART, {"alert_data": {"value": 1e16}}, 422),
        (SMART, {"alert_data": {"severity": "catastrophic"}}, 422),
        (SMART, {"alert_data": {"direction": "sideways"}}, 422),
        (SMART, {"alert_data": {"message": "x" * 1_001}}, 422),
        (SMART, {"alert_data": {f"k{i}": 1 for i in range(33)}}, 422),
        (SMART, {"alert_data": {"k" * 65: 1}}, 422),
        (SMART, {"alert_data": {"metric": "cpu"}, "context": DEEP}, 422),
        (SMART, {"alert_data": {"metric": "cpu"}, "context": {"a": [[1]]}}, 422),
        (SMART, {"alert_data": {"metric": "cpu"}, "context": {"a": list(range(33))}}, 422),
        (SMART, {"alert_data": {"metric": "cpu"}, "context": {"affected_users": -1}}, 422),
        (SMART, {"alert_data": {"metric": "cpu"}, "recipient_role": "president"}, 422),
        (SMART, {"alert_data": {"metric": "cpu"}, "language": "de"}, 422),
        (SMART, {"alert_data": {"metric": "cpu"}, "deadline_ms": 1}, 422),
        (SMART, b'{"alert_data": {"metric": "' + b"x" * 70_000 + b'"}}', 413),
        (ANOMALY, {"anomaly_data": {"features": {}}}, 422),
        (ANOMALY, {"anomaly_data": {"features": {"error_rate": 0.5}, "confidence": 2}}, 422),
        (ANOMALY, {"anomaly_data": {"features": {"error_rate": 0.5}, "colour": "red"}}, 422),
        (WORDS, {"model_name": "m", "features": {"a": 1}, "attributions": {}}, 422),
        (WORDS, {"model_name": "m", "features": {"a": "1"}, "attributions": {"a": 1}}, 422),
        (PLAN, {}, 422),
        (PLAN, {"incident": None}, 422),
        (PLAN, {"alert_id": "i1", "incident": {"kind": "message_flood", "severity": "high"}}, 422),
        (PLAN, {"incident": {"kind": "message_flood", "severity": "5"}}, 422),
        (SERIES, {}, 422),
        (SERIES, {"time_series_data": {}}, 422),
        (SERIES, {"time_series_data": {"a": []}}, 422),
        (SERIES, '{"time_series_data": {"a": [1, NaN]}}', 422),
        (SERIES, '{"time_series_data": {"a": [[1, Infinity]]}}', 422),
        (SERIES, {"time_series_data": {"a": ["1"]}}, 422),
        (SERIES, {"time_series_data": {"a": [[1, 2, 3]]}}, 422),
        (SERIES, {"time_series_data": {"a": [1, 2], "b": [[0, 1]]}}, 422),
        (SERIES, {"time_series_data": {"a": [0] * 2_001}}, 422),
        (SERIES, {"time_series_data": {f"s{i}": [1] for i in range(17)}}, 422),
        (SERIES, {"time_series_data": {"a": [1]}, "baseline": {"a": {"value": 1, "spread": 0}}}, 422),
        (SERIES, {"time_series_data": {"a": [1]}, "baseline": {"a": "usual"}}, 422),
        (SERIES, {"time_series_data": {"a": [1]}, "step_seconds": 0}, 422),
        (SERIES, b'{"time_series_data": {"a": [' + b" " * 800_000 + b"1]}}", 413),
        (LAG, {}, 422),
        (LAG, {"player": {"rtt_ms": -1}}, 422),
        (LAG, {"player": {"loss": 2}}, 422),
        (LAG, '{"player": {"rtt_ms": NaN}}', 422),
        (LAG, {"player": {"ping": 40}}, 422),
        (LAG, {"player": {}, "neighbours": [{}] * 501}, 422),
        (LAG, {"player": {}, "history": [{"rtt_ms": "40"}]}, 422),
    ],
)
async def test_a_bad_question_is_answered_with_sentences_and_asked_of_nobody(asked, post, path, body, status):
    problem = await post(path, body, status=status)

    assert problem["detail"].endswith(".") and asked == []
