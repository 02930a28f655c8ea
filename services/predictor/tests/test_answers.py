"""`POST /predict` and `GET /predict`."""

from __future__ import annotations

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_modeling.scales import to_scale
from resonance_predictor.endpoint import LARGEST_BODY, Endpoint
from resonance_predictor.rules import RuleBook


@pytest.fixture
async def ask(synthetic):
    """Asks an endpoint with the default rules and, where wanted, a model."""
    models = [None]
    app = web.Application()
    app.add_routes(Endpoint(lambda: (RuleBook.default(), models[0])).routes())
    async with TestClient(TestServer(app)) as client:

        async def post(body, model=None):
            models[0] = model
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            response = await client.post("/predict", data=data)
            return response.status, response.content_type, await response.json()

        post.client = client
        yield post


async def test_usage_names_every_feature(ask):
    response = await ask.client.get("/predict")
    body = await response.json()
    assert tuple(body["features"]) == FEATURE_NAMES
    assert "POST /predict" in body["usage"]


async def test_without_a_model_rules_answer(ask):
    status, _, body = await ask({"features": {"messages_per_minute": 240}})
    assert status == 200
    assert body["score"] is None
    assert body["tail_probability"] is None
    assert body["severity"] == "high"
    assert [(f["kind"], f["observed"], f["threshold"]) for f in body["findings"]] == [("message_flood", 240, 100)]
    assert body["assumed"]["error_rate"] == 0.0
    assert "messages_per_minute" not in body["assumed"]
    assert body["rules_version"] == RuleBook.default().version


async def test_with_a_model_it_scores_and_assumes_the_median(ask, synthetic):
    class Model(synthetic.scorer):
        median = synthetic.values()
        members_alone = synthetic.scorer.members

        def scores(self, values):
            return self.judge(to_scale(values))

    _, _, body = await ask({"features": {"requests_per_user": 900}}, Model())
    assert body["score"] == pytest.approx(900 / 901)
    assert body["tail_probability"] < 1e-6
    assert body["confidence"] == 1.0
    assert body["members"] == {"table": pytest.approx(18.0)}
    assert [f["kind"] for f in body["findings"]] == ["unusual_behaviour"]
    assert body["severity"] == "high"
    assert body["assumed"]["avg_message_size"] == 150.0
    assert body["model_version"] == "1" * 64


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "Send POST /predict with"),
        (b"", 400, "Send POST /predict with"),
        (b"\xff\xfe", 400, "Send POST /predict with"),
        (b"[]", 422, "usage"),
        ({}, 422, "features"),
        ({"features": {}}, 422, "features"),
        ({"features": {"speed": 1}}, 422, "no feature 'speed'"),
        ({"features": {"error_rate": 1.5}}, 422, "between 0.0 and 1.0"),
        ({"features": {"error_rate": "much"}}, 422, "error_rate"),
        (b'{"features": {"error_rate": NaN}}', 422, "finite"),
        (b'{"features": {"messages_per_minute": Infinity}}', 422, "finite"),
        ({"features": {"error_rate": 0.5}, "user": "me"}, 422, "user"),
        ({"features": {"x" * 10_000: 0.5}}, 422, "no feature 'xxx"),
        (b" " * (LARGEST_BODY + 1), 413, str(LARGEST_BODY)),
    ],
)
async def test_bad_questions_get_problem_details(ask, body, status, says):
    found, content_type, problem = await ask(body)
    assert (found, content_type) == (status, "application/problem+json")
    assert problem["status"] == status
    assert says in problem["detail"]
    assert len(problem["detail"]) < 2500


async def test_every_feature_can_be_given(ask):
    status, _, body = await ask({"features": dict.fromkeys(FEATURE_NAMES, 0.5)})
    assert status == 200
    assert body["assumed"] == {}
    assert len(FEATURE_NAMES) == WIDTH


@pytest.mark.parametrize("pieces", [2, 40])
async def test_bodies_of_unknown_length_are_bounded_too(ask, pieces):
    async def body():
        for _ in range(pieces):
            yield b" " * LARGEST_BODY

    found, _, problem = await ask_with(ask, body())
    assert found == 413
    assert str(LARGEST_BODY) in problem["detail"]


async def ask_with(ask, data):
    response = await ask.client.post("/predict", data=data)
    return response.status, response.content_type, await response.json()
