"""Questions by topic: each model answers in its own terms, or says why it cannot."""

from __future__ import annotations

import time

import numpy as np
import pytest

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.topics import PREDICTIONS_REQUESTED
from resonance_modeling.clusters import Cluster
from resonance_modeling.load import HISTORY
from resonance_modeling.load_log import Load
from resonance_predictor.questions import Counted, Questions
from resonance_predictor.rules import RuleBook
from resonance_runtime.records import Record

MINUTE_US = 60_000_000
FIRST_MINUTE = 30_000_000


class Doubling:
    """Expects twice the newest minute: half of that at least, three times at most."""

    name, version, clusters = "load_prediction", "2" * 64, ()

    def __init__(self) -> None:
        self.minutes = []

    def infer(self, inputs):
        self.minutes.append(int(inputs["minute"][0, 0]))
        newest = inputs["history"][0, -1]
        bounds = np.array([-1.0, 2.0, 3.0])
        return {name: np.tile(bounds * newest[i], (1, 3, 1)) for i, name in enumerate(("messages", "connections"))}


class Kinds:
    """Everybody who sends is of the second kind."""

    name, version = "user_behavior", "3" * 64
    clusters = tuple(
        Cluster(
            names={"en": name, "ru": f"{name} по-русски"},
            center=(0.0,) * WIDTH,
            users=1,
            share=0.5,
            usual_distance=1.0,
            far_distance=2.0,
        )
        for name in ("quiet", "busy")
    )

    def infer(self, inputs):
        busy = float(inputs["usual"][0, FEATURE_NAMES.index("messages_per_minute")] > 0)
        return {
            "cluster": np.array([busy]),
            "memberships": np.array([[1.0 - busy, busy]]),
            "distance": np.array([0.5]),
        }


class Served:
    """Champions by name."""

    def __init__(self, *models):
        self._models = {model.name: model for model in models}

    def champion(self, name):
        return self._models.get(name)


@pytest.fixture
def ask():
    """Asks; the answer or the problem, as it would be sent."""

    async def asked(question, served=(), load=None, share=1.0, median=None):
        sent = []

        async def send_all(outgoing):
            sent.extend(outgoing)

        async def counted():
            return Counted(load, share)

        headers = {
            "correlation-id": "c1",
            "reply-partition": "0",
            "deadline-ms": str(round(time.time() * 1000) + 10_000),
        }
        record = Record(PREDICTIONS_REQUESTED, 0, 0, "c1", 1, None, question, headers)
        await Questions(lambda: (RuleBook.default(), median), Served(*served), counted, send_all).handle([record])
        (reply,) = sent
        if reply.value.HasField("problem"):
            return reply.value.problem
        return request_pb2.ScoreReply.FromString(reply.value.inline)

    return asked


def load_of(minutes):
    counts = np.arange(2.0 * minutes).reshape(minutes, 2)
    return Load("live", FIRST_MINUTE, counts, 10 * minutes, 5)


async def test_without_a_name_the_anomaly_model_is_meant(ask):
    question = request_pb2.ScoreRequest(features={"messages_per_minute": 5000.0})
    reply = await ask(question)
    question.model_name = "anomaly_detection"
    assert await ask(question) == reply
    assert reply.findings[0].kind == "message_flood"


async def test_a_forecast_of_what_was_counted_is_of_all_users_and_says_until_when(ask):
    model = Doubling()
    reply = await ask(request_pb2.ScoreRequest(model_name="load_prediction"), [model], load_of(40), share=0.5)
    assert reply.scorer.model_version == model.version
    assert [horizon.minutes for horizon in reply.load.horizons] == [5, 15, 30]
    messages, connections = reply.load.horizons[0].messages, reply.load.horizons[0].connections
    assert (messages.low, messages.median, messages.high) == (0.0, 2 * 78 / 0.5, 3 * 78 / 0.5)
    assert connections.median == 2 * 79 / 0.5
    assert (reply.load.counted_until_us, reply.load.counted_share) == ((FIRST_MINUTE + 40) * MINUTE_US, 0.5)
    assert model.minutes == [(FIRST_MINUTE + 39) % 1440]


async def test_a_forecast_of_minutes_that_are_given(ask):
    model = Doubling()
    history = request_pb2.LoadHistory(messages=[7.0] * HISTORY, connections=[3.0] * HISTORY, minute=1439)
    reply = await ask(request_pb2.ScoreRequest(model_name="load_prediction", history=history), [model])
    assert reply.load.horizons[2].messages.median == 14.0
    assert (reply.load.counted_until_us, reply.load.counted_share) == (0, 0.0)
    assert model.minutes == [1439]


@pytest.mark.parametrize(("minutes", "share"), [(HISTORY - 1, 1.0), (0, 1.0), (40, 0.0)])
async def test_too_few_minutes_give_no_forecast(ask, minutes, share):
    load = load_of(minutes) if minutes else None
    problem = await ask(request_pb2.ScoreRequest(model_name="load_prediction"), [Doubling()], load, share)
    assert problem.status == 409
    assert f"only {minutes} were counted" in problem.detail


@pytest.mark.parametrize(
    "history",
    [
        {"messages": [1.0] * 29, "connections": [1.0] * 30},
        {"messages": [1.0] * 30, "connections": [-1.0] * 30},
        {"messages": [float("nan")] * 30, "connections": [1.0] * 30},
        {"messages": [1.0] * 30, "connections": [1.0] * 30, "minute": 1440},
    ],
)
async def test_minutes_that_cannot_be_are_refused(ask, history):
    question = request_pb2.ScoreRequest(model_name="load_prediction", history=request_pb2.LoadHistory(**history))
    problem = await ask(question, [Doubling()])
    assert (problem.status, problem.detail[:9]) == (422, "Expected ")


async def test_the_kind_of_a_user_has_a_name_in_every_language(ask):
    question = request_pb2.ScoreRequest(model_name="user_behavior", features={"messages_per_minute": 9.0})
    reply = await ask(question, [Kinds()])
    assert reply.scorer.model_version == "3" * 64
    kind = reply.behavior.kinds[reply.behavior.cluster]
    assert dict(kind.names) == {"en": "busy", "ru": "busy по-русски"}
    assert [one.probability for one in reply.behavior.kinds] == [0.0, 1.0]
    assert reply.behavior.distance == 0.5
    assert len(reply.assumed) == WIDTH - 1


@pytest.mark.parametrize("name", ["load_prediction", "user_behavior"])
async def test_a_model_without_a_champion_says_so(ask, name):
    problem = await ask(request_pb2.ScoreRequest(model_name=name, features={"error_rate": 0.1}))
    assert (problem.status, problem.title) == (409, "No model yet")


async def test_an_unknown_model_and_impossible_features_are_problems(ask):
    assert (await ask(request_pb2.ScoreRequest(model_name="horoscope"))).status == 404
    for name in ("", "user_behavior"):
        question = request_pb2.ScoreRequest(model_name=name, features={"error_rate": 2.0})
        assert (await ask(question, [Kinds()])).status == 422
