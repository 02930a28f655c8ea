"""REST for operators, over a real socket."""

from __future__ import annotations

import json
from base64 import b64decode
from math import nan

import pytest

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_contracts.pb.resonance.v1 import (
    detection_pb2,
    explanation_pb2,
    features_pb2,
    model_pb2,
    operations_pb2,
    request_pb2,
)
from resonance_contracts.topics import (
    ALERTS_RAISED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    MODELS_PROMOTED,
    PREDICTIONS_SCORED,
    SERVICES_REPORTED,
)
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_runtime.errors import Problem

JSON = {"Content-Type": "application/json"}
KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user("alice")
QUESTION = {
    "model_name": "anomaly_detection",
    "features": {
        "messages_per_minute": 25.0,
        "error_rate": 0.15,
        "connection_duration": 120,
        "burstiness_score": 0.8,
        "ip_entropy": 3.5,
    },
    "prediction": "anomaly",
    "confidence": 0.85,
}


def anomaly(vector_id="v1", severity=detection_pb2.SEVERITY_HIGH, end_us=9):
    return detection_pb2.Anomaly(
        vector_id=vector_id,
        user_key=KEY,
        stream="live",
        end_us=end_us,
        severity=severity,
        values=[1.5] * WIDTH,
        score=nan,
        tail_probability=nan,
        findings=[detection_pb2.Finding(kind="message_flood")],
    )


def explanation(vector_id="v1"):
    return explanation_pb2.Explanation(
        vector_id=vector_id,
        user_key=KEY,
        scorer=detection_pb2.ScorerReference(model_name="anomaly_detection", model_version="abc"),
        method="shapley-enumeration",
        unit=explanation_pb2.ATTRIBUTION_UNIT_SCORE,
        reference="population",
        base_value=0.3,
        score=0.8,
        error_bound=1e-6,
        comparisons=[
            explanation_pb2.Comparison(
                of="forest",
                reference="population",
                unit=explanation_pb2.ATTRIBUTION_UNIT_SURPRISE,
                method="shapley-enumeration",
                base_value=1.0,
                score=14.0,
                attributions=[1.0] * WIDTH,
            ),
            explanation_pb2.Comparison(
                of="score",
                reference="user",
                unit=explanation_pb2.ATTRIBUTION_UNIT_SCORE,
                method="shapley-sampling",
                error_bound=0.01,
                reference_values=[7.0] * WIDTH,
                attributions=[0.0] * WIDTH,
            ),
            explanation_pb2.Comparison(
                of="score",
                reference="user_then",
                when=detection_pb2.WeekPart(weekday=2, part=4, time_zone="Europe/Berlin"),
                unit=explanation_pb2.ATTRIBUTION_UNIT_SCORE,
                attributions=[0.0] * WIDTH,
            ),
        ],
        sequence=explanation_pb2.SequenceAttribution(
            of="lstm",
            unit=explanation_pb2.ATTRIBUTION_UNIT_SURPRISE,
            method="shapley-enumeration",
            base_value=0.25,
            score=3.0,
            steps=[-0.25, 2.0],
            features=[1.75] + [0.0] * (WIDTH - 1),
            vector=1.0,
        ),
        checks_failed=["detectors"],
        attributions=[
            explanation_pb2.FeatureAttribution(feature="error_rate", attribution=-0.125),
            explanation_pb2.FeatureAttribution(feature="burstiness_score", attribution=0.625),
        ],
        texts=[
            explanation_pb2.LocalizedText(language="en", technical="values", natural="too fast"),
            explanation_pb2.LocalizedText(language="ru", technical="значения", natural="слишком быстро"),
        ],
        anomaly=anomaly(vector_id),
    )


def told_in_full():
    """An explanation with all that can be asked for beside it, in part."""
    change = request_pb2.FeatureChange(feature="messages_per_minute", now=25, value=15)
    text = "Снизить частоту сообщений до 15/мин"
    return request_pb2.ExplainReply(
        explanation=explanation(),
        lime=request_pb2.LocalLine(
            weights=[0.5] * WIDTH,
            weights_spread=[0.0] * WIDTH,
            effects=[0.5] * WIDTH,
            r2=0.75,
            repeats=1,
            rank_correlation=nan,
            sign_agreement=nan,
            shap_rank_correlation=0.25,
            shap_sign_agreement=0.5,
            low_agreement=True,
        ),
        counterfactual=request_pb2.Counterfactuals(
            needed=True,
            text="Чтобы оценка стала обычной…",
            suggestions=[request_pb2.Counterfactual(changes=[change], score=0.25, cost=1.5, text=text)],
        ),
        plots=[request_pb2.Plot(name="waterfall", format="png", data=b"a picture")],
        unfinished=["lime"],
    )


async def problem_of(response, status):
    assert response.status == status
    assert response.content_type == "application/problem+json"
    body = await response.json()
    assert (body["status"], set(body) - {"errors"}) == (status, {"type", "title", "status", "detail", "instance"})
    assert body["type"].startswith("/problems/") and body["instance"].startswith("urn:uuid:")
    return body["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/ml/status"),
        ("GET", "/ml/features/recent"),
        ("GET", "/ml/anomalies/recent"),
        ("POST", "/ml/explain/prediction"),
        ("POST", "/ml/explain/anomaly"),
    ],
)
async def test_they_are_for_operators(running, make_token, method, path):
    nobody = await running.client.request(method, path)
    alice = await running.client.request(method, path, headers={"Authorization": f"Bearer {make_token('alice')}"})

    assert "token was expected" in await problem_of(nobody, 401)
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    assert "for the role `" in await problem_of(alice, 403)


async def test_status_says_what_is_missing(running, take, operator):
    now_us = running.gateway.clock.now_us()
    for service in ("gateway", "predictor"):
        take(
            SERVICES_REPORTED,
            operations_pb2.ServiceReport(
                service=service,
                instance="i",
                version="0.1.0",
                state=operations_pb2.SERVICE_STATE_DEGRADED,
                reasons=["No model yet."],
                details={"model": "none"},
                reported_us=now_us,
            ),
        )
    take(MODELS_PROMOTED, model_pb2.ModelPromoted(model_name="m", alias="champion", model_version="abc", revision=1))

    status = await (await running.client.get("/ml/status", headers=operator)).json()

    states = {s["service"]: s["state"] for s in status["services"]}
    assert status["state"] == "degraded" and "down: feature-extractor" in status["summary"]
    assert states["predictor"] == "degraded" and states["xai"] == "down" and len(states) == 6
    assert status["models"][0]["model_version"] == "abc"
    assert status["tracking"]["dropped_events"] == 0


async def test_recent_vectors_come_newest_first_with_their_scores(running, take, operator):
    batch = features_pb2.VectorBatch(
        stream="live",
        width=WIDTH,
        vector_id=["v1", "v2"],
        user_key=[KEY, KEY],
        start_us=[1, 2],
        end_us=[2, 3],
        values=[0.5] * (2 * WIDTH),
    )
    take(FEATURES_COMPUTED, batch)
    take(
        PREDICTIONS_SCORED,
        detection_pb2.PredictionBatch(
            vector_id=["v1"],
            user_key=[KEY],
            end_us=[2],
            score=[0.9],
            tail_probability=[nan],
            severity=[detection_pb2.SEVERITY_LOW],
        ),
    )

    body = await (await running.client.get("/ml/features/recent?limit=5", headers=operator)).json()
    one = await (await running.client.get("/ml/features/recent?limit=1", headers=operator)).json()

    assert [v["vector_id"] for v in body["vectors"]] == ["v2", "v1"]
    assert list(body["vectors"][0]["features"]) == list(FEATURE_NAMES)
    assert [(v["score"], v["tail_probability"], v["severity"]) for v in body["vectors"]] == [
        (None, None, None),
        (0.9, None, "low"),
    ]
    assert (one["count"], len(one["vectors"])) == (1, 1)


async def test_recent_anomalies_are_filtered_and_explained(running, take, operator):
    take(ANOMALIES_DETECTED, anomaly("v1"))
    take(ANOMALIES_DETECTED, anomaly("v2", detection_pb2.SEVERITY_LOW))
    take(EXPLANATIONS_PRODUCED, explanation("v1"))

    answer = await running.client.get(
        "/ml/anomalies/recent?min_severity=medium", headers={**operator, "Accept-Language": "ru"}
    )

    (shown,) = (await answer.json())["anomalies"]
    assert (shown["vector_id"], shown["severity"], shown["explanation"]) == ("v1", "high", "слишком быстро")
    assert shown["features"]["error_rate"] == 1.5
    assert shown["score"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=many", "limit=1&colour=red"])
async def test_a_wrong_query_is_named(running, operator, query):
    detail = await problem_of(await running.client.get(f"/ml/features/recent?{query}", headers=operator), 400)

    assert detail.startswith(("limit:", "colour:"))


class TestExplainPrediction:
    async def test_the_answer_has_the_documented_shape(self, running, operator):
        running.requester.answer = request_pb2.ExplainReply(explanation=explanation())

        answer = await running.client.post("/ml/explain/prediction", json=QUESTION, headers=operator)

        body = await answer.json()
        assert body["model_name"] == QUESTION["model_name"]
        assert list(body["feature_importance"]) == ["burstiness_score", "error_rate"]
        assert sum(body["feature_importance"].values()) == pytest.approx(1)
        assert body["shap_values"] == [0.625, -0.125]
        assert (body["technical_explanation"], body["natural_explanation"]) == ("values", "too fast")
        assert body["counterfactual"] == {"suggestions": [], "needed": None, "text": "", "details": []}
        assert (body["lime"], body["plots"], body["unfinished"], body["partial"]) == (None, [], [], False)
        assert (body["base_value"], body["unit"], body["model_version"]) == (0.3, "score", "abc")
        (question,) = running.requester.questions
        assert dict(question.features) == QUESTION["features"]
        assert (question.methods, question.formats, question.language) == (["counterfactual"], ["svg"], "en")
        assert question.deadline_ms == 1500

    async def test_what_was_found_beside_it_is_told(self, running, operator):
        running.requester.answer = told_in_full()

        asked = {
            "methods": ["shap", "lime", "plots", "lime"],
            "formats": ["png"],
            "deadline_ms": 5000,
            "language": "ru",
        }
        answer = await running.client.post("/ml/explain/prediction", json=QUESTION | asked, headers=operator)

        body = await answer.json()
        assert body["counterfactual"] == {
            "suggestions": ["Снизить частоту сообщений до 15/мин"],
            "needed": True,
            "text": "Чтобы оценка стала обычной…",
            "details": [
                {
                    "changes": [{"feature": "messages_per_minute", "now": 25.0, "value": 15.0}],
                    "score": 0.25,
                    "cost": 1.5,
                    "text": "Снизить частоту сообщений до 15/мин",
                }
            ],
        }
        lime = body["lime"]
        assert lime["weights"] == lime["effects"] == dict.fromkeys(FEATURE_NAMES, 0.5)
        assert (lime["r2"], lime["stability"]["repeats"], lime["stability"]["rank_correlation"]) == (0.75, 1, None)
        assert lime["agreement"] == {"rank_correlation": 0.25, "sign_agreement": 0.5, "low": True}
        (plot,) = body["plots"]
        assert (plot["name"], plot["format"], plot["content_type"]) == ("waterfall", "png", "image/png")
        assert b64decode(plot["data"]) == b"a picture"
        assert (body["unfinished"], body["partial"]) == (["lime"], True)
        (question,) = running.requester.questions
        assert (question.methods, question.formats) == (["lime", "plots"], ["png"])
        assert (question.language, question.deadline_ms) == ("ru", 5000)
        assert running.requester.timeouts == [6.0]

    async def test_detectors_other_references_and_failed_checks_are_told(self, running, operator):
        running.requester.answer = request_pb2.ExplainReply(explanation=explanation())

        body = await (await running.client.post("/ml/explain/prediction", json=QUESTION, headers=operator)).json()

        forest, user, then = body["comparisons"]
        assert (forest["of"], forest["reference"], forest["unit"]) == ("forest", "population", "surprise")
        assert forest["attributions"] == dict.fromkeys(FEATURE_NAMES, 1.0)
        assert forest["reference_values"] == {}
        assert (user["of"], user["reference"], user["error_bound"]) == ("score", "user", 0.01)
        assert user["reference_values"] == dict.fromkeys(FEATURE_NAMES, 7.0)
        assert (forest["when"], user["when"], then["reference"]) == (None, None, "user_then")
        assert then["when"] == {"weekday": 2, "part": "evening", "time_zone": "Europe/Berlin"}
        assert (body["checks_failed"], body["skipped"], body["residual"]) == (["detectors"], [], 0.0)
        assert body["sequence"] == {
            "of": "lstm",
            "unit": "surprise",
            "method": "shapley-enumeration",
            "base_value": 0.25,
            "score": 3.0,
            "error_bound": 0.0,
            "vector": 1.0,
            "steps": [-0.25, 2.0],
            "features": dict.fromkeys(FEATURE_NAMES, 0.0) | {FEATURE_NAMES[0]: 1.75},
        }

    @pytest.mark.parametrize(
        ("tail", "confidence", "given", "differs"),
        [
            (1e-4, 0.85, {"prediction": "anomaly", "confidence": 0.85}, []),
            (1e-4, 0.8512, {"prediction": " Anomaly", "confidence": 0.85}, []),
            (0.2, 0.85, {"prediction": "normal", "confidence": None}, []),
            (0.2, 0.85, {"prediction": None, "confidence": None}, []),
            (
                0.2,
                0.5,
                {"prediction": "anomaly", "confidence": 0.85},
                [
                    {"field": "prediction", "given": "anomaly", "said": "normal"},
                    {"field": "confidence", "given": 0.85, "said": 0.5},
                ],
            ),
            (nan, nan, {"prediction": "anomaly", "confidence": 0.85}, []),
        ],
    )
    async def test_what_the_model_says_is_told_and_not_what_it_is_taken_to_say(
        self, running, operator, tail, confidence, given, differs
    ):
        told = explanation()
        told.anomaly.MergeFrom(detection_pb2.Anomaly(score=0.8, tail_probability=tail, confidence=confidence))
        running.requester.answer = request_pb2.ExplainReply(explanation=told)

        answer = await running.client.post("/ml/explain/prediction", json=QUESTION | given, headers=operator)

        body = await answer.json()
        assert body["differs"] == differs
        assert body["natural_explanation"].endswith("too fast")
        pointed_out = body["natural_explanation"].removesuffix("too fast").strip()
        assert pointed_out == (
            "The request takes the prediction to be “anomaly”, but the model says “normal”. The request takes the "
            "confidence to be 85%, but the model's is 50%."
            if differs
            else ""
        )
        known = tail == tail
        assert body["prediction"] == (("anomaly" if tail <= 1e-3 else "normal") if known else None)
        assert body["confidence"] == (confidence if known else None)

    @pytest.mark.parametrize(
        ("header", "field", "natural"),
        [("ru-RU,ru;q=0.9", None, "слишком быстро"), ("ru", "en", "too fast"), ("", "ru", "слишком быстро")],
    )
    async def test_the_language_is_the_askers(self, running, operator, header, field, natural):
        running.requester.answer = request_pb2.ExplainReply(explanation=explanation())
        body = QUESTION | ({"language": field} if field else {})

        answer = await running.client.post(
            "/ml/explain/prediction", json=body, headers={**operator, "Accept-Language": header}
        )

        assert (await answer.json())["natural_explanation"] == natural

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"features": {}}, "features"),
            ({"features": {"height": 1.0}}, "'height' is not a feature"),
            ({"features": {"error_rate": 1.5}}, "error_rate is 1.5; expected 0.0 to 1.0"),
            ({"features": {"error_rate": float("nan")}}, "finite"),
            ({"features": {"messages_per_minute": float("inf")}}, "finite"),
            ({"features": {"error_rate": "high"}}, "features.error_rate"),
            ({"features": [1, 2]}, "features"),
            ({"confidence": 2}, "confidence"),
            ({"model_name": ""}, "model_name"),
            ({"language": "de"}, "language"),
            ({"colour": "red"}, "colour"),
            ({"methods": []}, "methods"),
            ({"methods": ["tree"]}, "'shap', 'lime', 'counterfactual' or 'plots'"),
            ({"formats": ["gif"]}, "'svg' or 'png'"),
            ({"deadline_ms": 0}, "deadline_ms"),
            ({"deadline_ms": 1.5}, "deadline_ms"),
            ({"deadline_ms": 60_001}, "deadline_ms"),
        ],
    )
    async def test_a_wrong_body_is_named(self, running, operator, change, said):
        answer = await running.client.post(
            "/ml/explain/prediction", data=json.dumps(QUESTION | change), headers={**operator, **JSON}
        )

        assert said in await problem_of(answer, 422)
        assert running.requester.questions == []

    @pytest.mark.parametrize(
        ("body", "status"), [(b"", 400), (b"not json", 400), (b"[]", 422), (b"\xff\xfe", 400), (b"[" * 50_000, 400)]
    )
    async def test_what_is_no_json_object_is_refused(self, running, operator, body, status):
        answer = await running.client.post("/ml/explain/prediction", data=body, headers={**operator, **JSON})

        assert await problem_of(answer, status)

    async def test_problems_of_xai_are_passed_on(self, running, operator):
        running.requester.answer = Problem(404, "No such model", "There is no model of that name.")

        answer = await running.client.post("/ml/explain/prediction", json=QUESTION, headers=operator)

        assert await problem_of(answer, 404) == "There is no model of that name."

    async def test_silence_of_xai_is_a_timeout(self, running, operator):
        answer = await running.client.post("/ml/explain/prediction", json=QUESTION, headers=operator)

        await problem_of(answer, 504)


class TestExplainAnomaly:
    @pytest.mark.parametrize("asked", [{"user_id": "alice"}, {"user_id": KEY}, {"alert_id": "i1"}])
    async def test_what_was_read_already_is_not_asked_again(self, running, take, operator, asked):
        take(ANOMALIES_DETECTED, anomaly())
        take(EXPLANATIONS_PRODUCED, explanation())
        take(ALERTS_RAISED, detection_pb2.Alert(alert_id="i1", revision=1, vector_id="v1", user_key=KEY))

        asked = asked | {"methods": ["shap"]}
        body = await (await running.client.post("/ml/explain/anomaly", json=asked, headers=operator)).json()

        assert (body["vector_id"], body["user_key"], body["natural_explanation"]) == ("v1", KEY, "too fast")
        assert body["findings"][0]["kind"] == "message_flood"
        assert body["confidence"] is None
        assert running.requester.questions == []

    async def test_an_anomaly_that_was_not_explained_yet_is_asked_about(self, running, take, operator):
        take(ANOMALIES_DETECTED, anomaly("v1", end_us=5))
        take(EXPLANATIONS_PRODUCED, explanation("v1"))
        take(ANOMALIES_DETECTED, anomaly("v2", end_us=9))
        running.requester.answer = request_pb2.ExplainReply(explanation=explanation("v2"))

        answer = await running.client.post("/ml/explain/anomaly", json={"user_id": "alice"}, headers=operator)

        assert (await answer.json())["vector_id"] == "v2"
        assert running.requester.questions[0].user_key == KEY

    async def test_one_that_was_explained_in_brief_is_asked_about_and_told_in_brief_where_that_fails(
        self, running, take, operator
    ):
        brief = explanation()
        brief.skipped.append("user_reference")
        take(ANOMALIES_DETECTED, anomaly())
        take(EXPLANATIONS_PRODUCED, brief)
        running.requester.answer = request_pb2.ExplainReply(explanation=explanation())
        full = await (await running.client.post("/ml/explain/anomaly", json={"user_id": KEY}, headers=operator)).json()
        running.requester.answer = Problem(503, "Model not available", "Ask again later.")
        less = await (await running.client.post("/ml/explain/anomaly", json={"user_id": KEY}, headers=operator)).json()

        assert (full["skipped"], less["skipped"]) == ([], ["user_reference"])

    async def test_suggestions_are_asked_for_and_where_that_fails_what_was_read_is_told_without_them(
        self, running, take, operator
    ):
        take(ANOMALIES_DETECTED, anomaly())
        take(EXPLANATIONS_PRODUCED, explanation())
        running.requester.answer = told_in_full()
        full = await (await running.client.post("/ml/explain/anomaly", json={"user_id": KEY}, headers=operator)).json()
        running.requester.answer = Problem(504, "No answer in time", "Nobody answers here.")
        less = await (await running.client.post("/ml/explain/anomaly", json={"user_id": KEY}, headers=operator)).json()

        assert full["counterfactual"]["suggestions"] == ["Снизить частоту сообщений до 15/мин"]
        assert (less["counterfactual"]["suggestions"], less["unfinished"]) == ([], ["counterfactual"])
        assert less["partial"]
        assert less["natural_explanation"] == "too fast Time ran out for: suggestions."
        assert [question.methods for question in running.requester.questions] == [["counterfactual"]] * 2

    async def test_of_what_no_model_scored_only_pictures_are_asked_for(self, running, take, operator):
        ruled = explanation()
        ruled.scorer.model_version = ""
        take(ANOMALIES_DETECTED, anomaly())
        take(EXPLANATIONS_PRODUCED, ruled)
        running.requester.answer = request_pb2.ExplainReply(explanation=ruled)
        for methods in (["shap", "lime", "counterfactual"], ["plots"]):
            answer = await running.client.post(
                "/ml/explain/anomaly", json={"user_id": KEY, "methods": methods}, headers=operator
            )
            assert (await answer.json())["unfinished"] == []

        assert [question.methods for question in running.requester.questions] == [["plots"]]

    async def test_the_vector_of_an_incident_that_was_held_back_is_explained_until_its_user_is_erased(
        self, running, take, operator
    ):
        held = anomaly("v7")
        held.held_back.add(alert_id="h1", vector_id="v7")
        take(ANOMALIES_DETECTED, held)
        running.requester.answer = request_pb2.ExplainReply(explanation=explanation("v7"))

        answer = await running.client.post("/ml/explain/anomaly", json={"alert_id": "h1"}, headers=operator)

        assert (await answer.json())["vector_id"] == "v7"
        assert running.requester.questions[0].vector_id == "v7"
        running.gateway._recent.forget(KEY)
        gone = await running.client.post("/ml/explain/anomaly", json={"alert_id": "h1"}, headers=operator)
        assert "`held_back`" in await problem_of(gone, 404)

    async def test_an_incident_nobody_knows_is_not_found(self, running, operator):
        answer = await running.client.post("/ml/explain/anomaly", json={"alert_id": "i9"}, headers=operator)

        assert "'i9'" in await problem_of(answer, 404)

    @pytest.mark.parametrize(
        "body", [{}, {"user_id": "a", "alert_id": "b"}, {"user_id": "x" * 10_000}, {"user_id": 5}, {"user_id": ""}]
    )
    async def test_a_wrong_body_is_named(self, running, operator, body):
        await problem_of(await running.client.post("/ml/explain/anomaly", json=body, headers=operator), 422)


async def test_the_front_page_names_the_addresses(running):
    asked = await (await running.client.get("/")).json()

    assert {"GET /ws", "GET /ml/status", "GET /ml/console/"} <= set(asked["addresses"])


async def test_every_route_is_named_on_the_front_page(running):
    addresses = {a.split("?")[0] for a in (await (await running.client.get("/")).json())["addresses"]}
    served = {f"{route.method} {route.path}" for route in running.gateway.routes() if route.path != "/"}

    assert {one for one in served if not one.startswith("GET /ml/console")} <= addresses


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/ml/status", 405)])
async def test_what_there_is_not_is_a_problem_too(running, method, path, status):
    assert path in await problem_of(await running.client.request(method, path), status)


async def test_a_defect_is_a_problem_and_the_next_request_is_served(running, operator, monkeypatch):
    monkeypatch.setattr(type(running.gateway._reports), "services", lambda *_: 1 / 0)
    await problem_of(await running.client.get("/ml/status", headers=operator), 500)

    assert (await running.client.get("/ml/features/recent", headers=operator)).status == 200
