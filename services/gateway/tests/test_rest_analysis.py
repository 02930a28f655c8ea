"""`POST /ml/anomalies/analyze` over a real socket; the predictor's own code answers."""

from __future__ import annotations

import time

import pytest
from redis.asyncio import Redis

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2, features_pb2, online_pb2, request_pb2
from resonance_contracts.topics import ALERTS_RAISED, FEATURES_COMPUTED, PREDICTIONS_REQUESTED
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_predictor import answers
from resonance_predictor.rules import RuleBook
from resonance_runtime.errors import Problem
from resonance_runtime.online.kinds import FEATURES
from resonance_runtime.online.versions import versioned

KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user("alice")
PATH = "/ml/anomalies/analyze"


@pytest.fixture(autouse=True)
def asked(running):
    """Questions that were asked; answered by the predictor's code, without a model."""
    questions = []

    async def ask(topic, question, answer, timeout_s):
        assert (topic, answer) == (PREDICTIONS_REQUESTED, request_pb2.ScoreReply)
        questions.append(dict(question.features))
        return answers.reply(answers.Question(features=dict(question.features)), RuleBook.default(), None)

    running.gateway._requester.ask = ask
    return questions


@pytest.fixture
def analyze(running, operator):
    async def post(body, status=200, headers=operator):
        response = await running.client.post(PATH, json=body, headers=headers)
        answer = await response.json()
        assert response.status == status, answer
        return answer

    return post


def vectors(user_key, end_us, **features):
    values = [features.get(name, 0.0) for name in FEATURE_NAMES]
    return features_pb2.VectorBatch(
        stream="live",
        width=WIDTH,
        vector_id=[f"v{end_us}"],
        user_key=[user_key],
        start_us=[1],
        end_us=[end_us],
        values=values,
    )


async def test_a_vector_that_is_given(analyze, asked):
    answer = await analyze({"features": {"messages_per_minute": 5000.0}})

    assert answer["anomalous"] and answer["severity"] in ("high", "critical")
    assert answer["findings"][0]["kind"] == "message_flood"
    assert answer["features"]["messages_per_minute"] == 5000.0
    assert "messages_per_minute" not in answer["assumed"] and len(answer["assumed"]) == WIDTH - 1
    assert list(answer["features"]) == list(FEATURE_NAMES)
    assert (answer["score"], answer["model_version"], len(answer["rules_version"])) == (None, "", 64)
    assert answer["user_key"] is answer["vector_id"] is answer["start_us"] is None
    assert asked == [{"messages_per_minute": 5000.0}]


async def test_an_ordinary_vector(analyze):
    answer = await analyze({"features": {"messages_per_minute": 1.0}})

    assert (answer["anomalous"], answer["severity"], answer["findings"]) == (False, "none", [])


@pytest.mark.parametrize("named", ["alice", KEY])
async def test_a_user_by_the_newest_vector(analyze, take, named):
    take(FEATURES_COMPUTED, vectors(KEY, 20, messages_per_minute=5000.0))
    take(FEATURES_COMPUTED, vectors(KEY, 10, messages_per_minute=1.0))
    take(FEATURES_COMPUTED, vectors("u_somebody", 30, messages_per_minute=1.0))
    for number, state in ((1, detection_pb2.ALERT_STATE_OPEN), (2, detection_pb2.ALERT_STATE_RESOLVED)):
        take(ALERTS_RAISED, detection_pb2.Alert(alert_id=f"i{number}", revision=1, user_key=KEY, state=state))

    answer = await analyze({"user_id": named})

    assert (answer["user_key"], answer["vector_id"], answer["end_us"]) == (KEY, "v20", 20)
    assert answer["anomalous"] and answer["assumed"] == {}
    assert answer["alert_ids"] == ["i1"]


@pytest.fixture
def redis_of_vectors(redis_server):
    """A Redis that holds the newest vector of alice, as the feature-extractor writes it, and of one long gone."""

    async def fill():
        redis = Redis.from_url(redis_server.url)
        async with redis:
            for key, end_us in ((KEY, time.time_ns() // 1000), ("u_gone", 9)):
                vector = online_pb2.OnlineVector(vector_id="v9", user_key=key, start_us=1, values=[0.0] * WIDTH)
                await redis.set(FEATURES.key(key), versioned(end_us, 1, vector.SerializeToString()))
        return redis_server.url

    return fill


async def test_a_user_that_only_the_online_store_knows(running, operator, start_gateway, redis_of_vectors):
    other = await start_gateway(redis_url=await redis_of_vectors())
    other.gateway._requester.ask = running.gateway._requester.ask
    try:
        response = await other.client.post(PATH, json={"user_id": "alice"}, headers=operator)
        answer = await response.json()
        unknown = await other.client.post(PATH, json={"user_id": "bob"}, headers=operator)
    finally:
        await other.gateway.online.stop()

    assert (response.status, answer["vector_id"], answer["user_key"]) == (200, "v9", KEY)
    assert unknown.status == 404


async def test_cleanup_reaches_the_online_store(start_gateway, operator, redis_of_vectors):
    other = await start_gateway(redis_url=await redis_of_vectors())
    try:
        done = [
            (await (await other.client.delete("/ml/features/cleanup", headers=operator)).json())["removed_online"]
            for _ in range(2)
        ]
        assert await other.gateway.online.newest(KEY) is not None
    finally:
        await other.gateway.online.stop()

    assert done == [1, 0]


async def test_a_user_of_whom_nothing_is_known(analyze, asked):
    answer = await analyze({"user_id": "bob"}, status=404)

    assert (answer["type"], asked) == ("/problems/no-such-user", [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user_id": "a", "features": {"error_rate": 0.1}},
        {"features": {}},
        {"features": {"height": 1}},
        {"features": {"error_rate": 2}},
        {"user_id": ""},
        {"user_id": None},
    ],
)
async def test_a_wrong_question_is_not_passed_on(analyze, asked, body):
    await analyze(body, status=422)

    assert asked == []


async def test_silence_of_the_predictor_is_a_timeout(running, analyze):
    async def ask(*_):
        raise Problem(504, "No answer in time", "No answer came within 2 s; it may be busy.")

    running.gateway._requester.ask = ask

    assert (await analyze({"features": {"error_rate": 0.1}}, status=504))["type"] == "/problems/no-answer-in-time"


async def test_it_is_not_for_viewers(analyze, viewer):
    await analyze({"user_id": "alice"}, status=403, headers=viewer)
