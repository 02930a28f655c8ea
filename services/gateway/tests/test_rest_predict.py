"""`POST /ml/models/predict`: each model is asked what it takes and answers in its own terms."""

from __future__ import annotations

import pytest

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2, features_pb2, request_pb2
from resonance_contracts.topics import FEATURES_COMPUTED
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.prediction_models import MINUTES

KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user("alice")
BEHAVIOR = request_pb2.ScoreReply(
    scorer=detection_pb2.ScorerReference(model_name="user_behavior", model_version="b" * 64),
    behavior=request_pb2.UserBehavior(
        cluster=1,
        distance=0.5,
        kinds=[
            request_pb2.BehaviorKind(names={"en": "quiet", "ru": "тихие"}, probability=0.25),
            request_pb2.BehaviorKind(names={"en": "busy", "ru": "деловые"}, probability=0.75),
        ],
    ),
)
LOAD = request_pb2.ScoreReply(
    scorer=detection_pb2.ScorerReference(model_name="load_prediction", model_version="c" * 64),
    load=request_pb2.LoadForecast(
        counted_until_us=9,
        counted_share=0.5,
        horizons=[
            request_pb2.LoadHorizon(
                minutes=5,
                messages=request_pb2.LoadBounds(low=1.0, median=2.0, high=3.0),
                connections=request_pb2.LoadBounds(low=4.0, median=5.0, high=6.0),
            )
        ],
    ),
)


@pytest.fixture
def predict(running, operator):
    async def post(status=200, language="en", **body):
        headers = {**operator, "Accept-Language": language}
        response = await running.client.post("/ml/models/predict", json=body, headers=headers)
        answer = await response.json()
        assert response.status == status, answer
        return answer

    return post


async def test_the_anomaly_model_says_whether_a_vector_is_an_anomaly(running, predict):
    running.requester.answer = request_pb2.ScoreReply(
        scorer=detection_pb2.ScorerReference(model_name="anomaly_detection", model_version="a" * 64),
        score=0.9,
        tail_probability=0.01,
        severity=detection_pb2.SEVERITY_HIGH,
        findings=[detection_pb2.Finding(kind="unusual_behaviour")],
    )
    answer = await predict(model_name="anomaly_detection", features={"error_rate": 0.9})

    assert (answer["type"], answer["prediction"], answer["confidence"]) == ("classification", "anomaly", 0.99)
    assert (answer["anomaly"]["score"], answer["load"], answer["behavior"]) == (0.9, None, None)
    assert answer["model_version"] == "a" * 64


async def test_the_behaviour_model_names_the_kind_of_a_user_from_what_they_ordinarily_do(running, predict, take):
    running.requester.answer = BEHAVIOR
    for end_us, messages in ((1, 1.0), (2, 9.0), (3, 5.0)):
        values = [messages if name == "messages_per_minute" else 0.0 for name in FEATURE_NAMES]
        take(
            FEATURES_COMPUTED,
            features_pb2.VectorBatch(
                stream="live",
                width=WIDTH,
                vector_id=[f"v{end_us}"],
                user_key=[KEY],
                start_us=[1],
                end_us=[end_us],
                values=values,
            ),
        )
    answer = await predict(language="ru", model_name="user_behavior", user_id="alice")

    (question,) = running.requester.questions
    assert (question.model_name, question.features["messages_per_minute"]) == ("user_behavior", 5.0)
    assert (answer["type"], answer["prediction"], answer["confidence"]) == ("clustering", "деловые", 0.75)
    assert (answer["behavior"]["vectors"], answer["behavior"]["cluster"]) == (3, 1)
    assert [kind["names"]["en"] for kind in answer["behavior"]["kinds"]] == ["busy", "quiet"]


async def test_the_behaviour_model_takes_features_too(running, predict):
    running.requester.answer = BEHAVIOR
    answer = await predict(model_name="user_behavior", features={"error_rate": 0.1})

    assert (answer["behavior"]["vectors"], answer["behavior"]["name"]) == (None, "busy")


async def test_load_is_predicted_from_what_has_just_passed_or_from_what_is_given(running, predict):
    running.requester.answer = LOAD
    answer = await predict(model_name="load_prediction")
    minutes = {"messages": [1.0] * MINUTES, "connections": [2.0] * MINUTES, "minute": 7}
    await predict(model_name="load_prediction", inputs=minutes)

    assert (answer["type"], answer["prediction"], answer["confidence"]) == ("regression", None, None)
    assert answer["load"] == {
        "counted_until_us": 9,
        "counted_share": 0.5,
        "horizons": [
            {
                "minutes": 5,
                "messages": {"low": 1.0, "median": 2.0, "high": 3.0},
                "connections": {"low": 4.0, "median": 5.0, "high": 6.0},
            }
        ],
    }
    without, given = running.requester.questions
    assert not without.HasField("history")
    assert (list(given.history.messages), given.history.minute) == ([1.0] * MINUTES, 7)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model_name": "horoscope", "features": {"error_rate": 0.1}},
        {"model_name": "anomaly_detection"},
        {"model_name": "user_behavior", "inputs": None},
        {"model_name": "user_behavior", "features": {"error_rate": 0.1}, "user_id": "alice"},
        {"model_name": "load_prediction", "features": {"error_rate": 0.1}},
        {"model_name": "load_prediction", "inputs": {"messages": [1.0], "connections": [1.0], "minute": 0}},
    ],
)
async def test_what_a_model_does_not_take_is_not_passed_on(running, predict, body):
    await predict(422, **body)

    assert running.requester.questions == []


async def test_a_user_of_whom_nothing_is_known(predict):
    for name in ("anomaly_detection", "user_behavior"):
        assert (await predict(404, model_name=name, user_id="bob"))["title"] == "No such user"
