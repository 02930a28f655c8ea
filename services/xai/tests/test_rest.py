"""Questions over HTTP about the served ensemble, without a broker."""

from __future__ import annotations

import asyncio
import base64
import io
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_attribution import loaded
from resonance_contracts.features import BY_NAME, FEATURE_NAMES, INDEX
from resonance_modeling.artifact import ANOMALY_DETECTION, ONNX_FILE, SNAPSHOT_FILE, Artifact, StoredFile
from resonance_modeling.registry import BUCKET, Registry, version_key
from resonance_modeling.scorer import EnsembleScorer
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.health import Health
from resonance_runtime.settings import load
from resonance_xai.asked.methods import Method
from resonance_xai.asked.served import drawn
from resonance_xai.champions import Champions
from resonance_xai.models import Models
from resonance_xai.rest.cache import AnswerCache
from resonance_xai.rest.late import LateAnswers
from resonance_xai.rest.served_shelf import ServedShelf
from resonance_xai.rest.service import enabled
from resonance_xai.rest.workshop import Workshop
from resonance_xai.settings import XaiSettings
from tests.support.ordinary_model import ordinary_model, ordinary_vectors
from tests.support.redis_server import RedisServer
from tests.support.xai_over_http import SHAP, Replica, flood, odd, stored, typical

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def ordinary() -> Artifact:
    return ordinary_model(seed=1)


@pytest.fixture
async def replica(shelf: Any, ordinary: Artifact) -> AsyncIterator[Replica]:
    async with Replica(shelf, stored(shelf, ordinary)) as found:
        yield found


async def test_attributions_add_up_to_the_score_that_is_served(replica: Replica, ordinary: Artifact) -> None:
    features = flood(ordinary)
    found = await replica.ask(features=features, **SHAP)
    served = EnsembleScorer(ordinary).score([[features[name] for name in FEATURE_NAMES]])[0]
    assert found["value"] == pytest.approx(served, abs=1e-6)
    assert found["base_value"] + sum(found["shap_values"].values()) == pytest.approx(served, abs=1e-6)
    assert (found["unit"], found["reference"], found["method"]) == ("score", "population", "shapley-enumeration")
    assert found["error_bound"] <= 1e-9
    assert found["model_version"] == ordinary.manifest.model_version
    assert sum(found["feature_importance"].values()) == pytest.approx(1.0)
    assert {name for name, value in found["shap_values"].items() if value} <= {
        "messages_per_minute", "requests_per_user", "error_rate",
    }  # fmt: skip


async def test_the_own_normal_is_another_reference(replica: Replica, ordinary: Artifact) -> None:
    features = flood(ordinary)
    own = await replica.ask(features=features, reference="own", normal={"messages_per_minute": 900.0}, **SHAP)
    assert own["reference"] == "own"
    assert own["shap_values"]["messages_per_minute"] == 0.0
    assert own["reference_values"]["messages_per_minute"] == 900.0
    assert "the account's own means" in own["technical_explanation"]


async def test_everything_at_once_in_russian(replica: Replica, ordinary: Artifact) -> None:
    found = await replica.ask(
        features=flood(ordinary), methods=["shap", "lime", "counterfactual", "plots", "tree"], language="ru",
        deadline_ms=60_000, formats=["svg", "png"],
    )  # fmt: skip
    assert not found["partial"]
    lime = found["lime"]
    assert lime["stability"]["repeats"] == 5
    assert 0.0 <= lime["r2"] <= 1.0
    assert -1.0 <= lime["agreement"]["rank_correlation"] <= 1.0
    assert set(lime["weights"]) == set(FEATURE_NAMES)
    assert found["tree"]["fidelity_r2"] <= 1.0
    assert found["tree"]["path"]
    assert [(plot["name"], plot["format"]) for plot in found["plots"]] == [("waterfall", "svg"), ("waterfall", "png")]
    for plot in found["plots"]:
        linked = await replica.client.get(plot["href"])
        assert linked.content_type == plot["content_type"]
        data = await linked.read()
        assert len(data) == plot["bytes"]
        if "data" in plot:
            assert base64.b64decode(plot["data"]) == data
    assert "Метод: точные значения Шепли" in found["technical_explanation"]
    if lime["agreement"]["low"]:
        assert "LIME" in found["natural_explanation"]


async def test_suggestions_are_possible_and_scored_by_the_served_model(replica: Replica, ordinary: Artifact) -> None:
    features = typical(ordinary) | {"messages_per_minute": 60.0, "requests_per_user": 400.0}
    found = (await replica.ask(features=features, methods=["counterfactual"], deadline_ms=60_000))["counterfactual"]
    assert found["needed"]
    assert found["found"], found
    scorer = EnsembleScorer(ordinary)
    for one in found["suggestions"]:
        changed = features | {change["feature"]: change["to"] for change in one["changes"]}
        row = [changed[name] for name in FEATURE_NAMES]
        assert scorer.score([row])[0] == pytest.approx(one["value"], abs=1e-6)
        assert scorer.tail_probability([one["value"]])[0] >= 0.0499
        assert changed["messages_per_minute"] <= changed["requests_per_user"]
        for change in one["changes"]:
            feature = BY_NAME[change["feature"]]
            assert feature.actionable
            assert change["from"] == features[feature.name]
            assert feature.lower <= change["to"] <= feature.upper
            assert not feature.whole or change["to"] == round(change["to"])
    assert " instead of " in found["text"]


async def test_an_ordinary_vector_needs_no_change(replica: Replica, ordinary: Artifact) -> None:
    found = (await replica.ask(features=typical(ordinary), methods=["counterfactual"]))["counterfactual"]
    assert (found["needed"], found["found"]) == (False, False)
    assert found["text"] == "The score is ordinary already: nothing has to change."


async def test_the_same_question_is_answered_from_memory_until_it_is_cleared(
    replica: Replica, ordinary: Artifact
) -> None:
    async def ask(value: float, **others: Any) -> tuple[str, bytes]:
        question = {"features": flood(ordinary, avg_message_size=value), **SHAP, **others}
        response = await replica.client.post("/explain", json=question)
        return response.headers["X-Cache"], await response.read()

    first = await ask(321.5)
    assert first[0] == "miss"
    # The tenth digit does not count, nor does the deadline.
    assert await ask(321.5000000001, deadline_ms=9_000) == ("hit", first[1])
    assert (await ask(321.51))[0] == "miss"
    assert (await ask(321.5, language="ru"))[0] == "miss"
    assert (await ask(321.5, methods=["counterfactual"]))[0] == "miss"
    state = await (await replica.client.get("/explain/cache")).json()
    assert (state["entries"], state["asked"], state["found"], state["hit_rate"]) == (4, 5, 1, 0.2)
    cleared = await (await replica.client.delete("/explain/cache?method=counterfactual")).json()
    assert cleared == {"cleared": 1}
    assert (await ask(321.5))[0] == "hit"
    assert await (await replica.client.delete("/explain/cache")).json() == {"cleared": 3}
    assert (await ask(321.5))[0] == "miss"


async def test_whoever_is_erased_leaves_no_answer_behind(replica: Replica, ordinary: Artifact) -> None:
    await replica.ask(features=flood(ordinary), **SHAP)
    replica.cache.forget("u_anybody")
    assert replica.cache.state()["entries"] == 0


async def test_after_the_deadline_the_best_partial_answer_is_given_with_its_bound(
    replica: Replica, ordinary: Artifact
) -> None:
    features = odd(ordinary)
    question = {"features": features, "methods": ["shap", "lime", "counterfactual", "plots", "tree"], "deadline_ms": 1}
    response = await replica.client.post("/explain", json=question)
    found = await response.json()
    assert found["partial"]
    assert response.headers["X-Partial"] == "true"
    # The served model is known in parts: its Shapley values need no time to speak of. The others do.
    assert (found["method"], found["error_confidence"]) == ("shapley-enumeration", 1.0)
    assert found["base_value"] + sum(found["shap_values"].values()) == pytest.approx(found["value"], abs=1e-6)
    assert set(found["unfinished"]) == {"lime", "counterfactual", "plots", "tree"}
    assert "Time ran out" in found["natural_explanation"]
    # It is not remembered: next time there may be more.
    assert replica.cache.state()["entries"] == 0
    whole = await replica.ask(features=features, methods=["shap", "lime"], deadline_ms=60_000)
    assert not whole["partial"]
    assert whole["shap_values"] == found["shap_values"]


async def test_of_a_model_not_known_in_parts_few_orders_are_sampled_when_time_is_over(
    replica: Replica, ordinary: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaded, "read_network", lambda _: None)
    features = odd(ordinary)
    found = await replica.ask(features=features, deadline_ms=1, **SHAP)
    assert (found["method"], found["error_confidence"], found["partial"]) == ("shapley-sampling", 0.95, True)
    assert "ninety-five times in a hundred" in found["technical_explanation"]
    assert found["base_value"] + sum(found["shap_values"].values()) == pytest.approx(found["value"], abs=1e-6)
    exact = await replica.ask(features=features, deadline_ms=60_000, **SHAP)
    off = max(abs(exact["shap_values"][name] - found["shap_values"][name]) for name in FEATURE_NAMES)
    assert 0 < off <= found["error_bound"] + exact["error_bound"]


async def test_each_detector_is_attributed_beside_the_score(replica: Replica, ordinary: Artifact) -> None:
    found = await replica.ask(features=flood(ordinary), **SHAP)
    assert len(found["detectors"]) == 5, "the one that looks back has nothing to look at"
    for one in found["detectors"].values():
        assert one["base_value"] + sum(one["shap_values"].values()) == pytest.approx(one["value"], abs=1e-9)
    for name in found["detectors"]:
        assert name in found["technical_explanation"]


ALL = {name: 1.0 for name in FEATURE_NAMES}
BAD: dict[str, tuple[str, int, str]] = {
    "not JSON": ("{", 400, "GET /explain shows the usage"),
    "no object": ("[]", 422, "body"),
    "no features": ("{}", 422, "expected one of features, vector_id, user_key, alert_id; got none"),
    "empty features": ('{"features": {}}', 422, "features: Dictionary should have at least 1 item"),
    "a field nobody knows": ('{"features": {"error_rate": 1}, "foo": 1}', 422, "foo: Extra inputs"),
    "NaN": ('{"features": {"error_rate": NaN}}', 422, "features.error_rate: Input should be a finite number"),
    "an infinity": ('{"features": {"error_rate": 1e999}}', 422, "features.error_rate: Input should be a finite number"),
    "a text": ('{"features": {"error_rate": "0.5"}}', 422, "features.error_rate: Input should be a valid number"),
    "a truth": ('{"features": {"error_rate": true}}', 422, "features.error_rate: Input should be a valid number"),
    "nothing": ('{"features": {"error_rate": null}}', 422, "features.error_rate: Input should be a valid number"),
    "a list": ('{"features": [1, 2]}', 422, "features: Input should be an object"),
    "a missing feature": ('{"features": {"error_rate": 0.5}}', 422, "messages_per_minute, requests_per_user"),
    "an extra feature": ('{"features": {"heartbeat": 0.5}}', 422, "heartbeat is not among the model's 13 columns"),
    "out of range": ('{"features": {"error_rate": 1.5}, "fill": "reference"}', 422, "a finite number from 0 to 1"),
    "an unknown model": ('{"features": {"a": 1}, "model_name": "churn"}', 404, "expected 'anomaly_detection'"),
    "an unknown version": (
        '{"features": {"a": 1}, "model_version": "' + 64 * "0" + '"}', 404, "0000"
    ),
    "no version at all": ('{"features": {"a": 1}, "model_version": "latest"}', 422, "model_version: String should"),
    "an unknown method": ('{"features": {"a": 1}, "methods": ["magic"]}', 422, "'shap', 'lime', 'counterfactual'"),
    "no method": ('{"features": {"a": 1}, "methods": []}', 422, "methods: Tuple should have at least 1"),
    "an unknown language": ('{"features": {"a": 1}, "language": "de"}', 422, "'en' or 'ru'"),
    "an own normal that is not given": ('{"features": {"a": 1}, "reference": "own"}', 422, "expected 'normal'"),
    "a normal of other features": (
        '{"features": {"a": 1}, "reference": "own", "normal": {"b": 1}}', 422, "normal: b is not among"
    ),
    "an unknown output": (
        '{"features": {"error_rate": 1}, "fill": "reference", "output": "spam"}', 422, "expected 'anomaly score'"
    ),
    "no time": ('{"features": {"a": 1}, "deadline_ms": 0}', 422, "deadline_ms"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
async def test_a_wrong_question_is_refused_with_what_is_expected(case: str, replica: Replica) -> None:
    body, status, detail = BAD[case]
    response = await replica.client.post("/explain", data=body)
    problem = await response.json()
    assert response.status == status, problem
    assert response.content_type == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail"}
    assert detail in problem["detail"]


async def test_ten_thousand_features_are_refused_in_a_short_answer(replica: Replica) -> None:
    problem = await replica.ask(422, features={f"feature_{i}": 1.0 for i in range(10_000)})
    assert "and 9960 more are not among the model's 13 columns" in problem["detail"]
    assert len(problem["detail"]) < 3_000


async def test_a_body_that_is_too_large_is_refused(replica: Replica) -> None:
    response = await replica.client.post("/explain", data=io.BytesIO(b" " * (1024 * 1024 + 1)))
    assert response.status == 413


async def test_features_that_are_left_out_can_be_those_of_the_reference(replica: Replica, ordinary: Artifact) -> None:
    found = await replica.ask(features={"messages_per_minute": 900.0}, fill="reference", **SHAP)
    assert found["features"] == typical(ordinary) | {"messages_per_minute": 900.0}


async def test_without_a_model_the_answer_is_to_come_again(shelf: Any) -> None:
    async with Replica(shelf, None) as replica:
        problem = await replica.ask(503, features={"error_rate": 0.5})
        assert "promoted yet" in problem["detail"]


async def test_a_model_whose_file_is_gone_is_said(shelf: Any, ordinary: Artifact) -> None:
    version = stored(shelf, ordinary)
    del shelf.objects[BUCKET, version_key(ANOMALY_DETECTION, version, ONNX_FILE)]
    async with Replica(shelf, version) as replica:
        response = await replica.client.post("/explain", json={"features": flood(ordinary)})
        problem = await response.json()
        assert 400 <= response.status < 600
        assert response.content_type == "application/problem+json"
        assert "model.onnx" in problem["detail"]


async def test_a_store_that_is_down_is_said(shelf: Any, ordinary: Artifact) -> None:
    version = stored(shelf, ordinary)
    shelf.down = True
    async with Replica(shelf, version) as replica:
        problem = await replica.ask(503, features=flood(ordinary))
        assert "Ask again later" in problem["detail"]


async def test_methods_that_are_switched_off_are_refused(shelf: Any, ordinary: Artifact) -> None:
    settings = load(XaiSettings, {"XAI_ENABLE_LIME": "false"})
    async with Replica(shelf, stored(shelf, ordinary), methods=enabled(settings)) as replica:
        problem = await replica.ask(422, features=flood(ordinary), methods=["lime"])
        assert "XAI_ENABLE_LIME" in problem["detail"]
        found = await replica.ask(features=flood(ordinary))
        assert found["methods"] == ["shap", "counterfactual"]
        assert "lime" not in found


async def test_a_queue_that_is_full_says_so(shelf: Any, ordinary: Artifact) -> None:
    async with Replica(shelf, stored(shelf, ordinary), most_waiting=1) as replica:
        await replica.ask(features=flood(ordinary), **SHAP)
        questions = [
            replica.client.post("/explain", json={"features": flood(ordinary, avg_message_size=100.0 + i)})
            for i in range(6)
        ]
        statuses = [response.status for response in await asyncio.gather(*questions)]
        assert statuses.count(200) == 2
        assert statuses.count(503) == 4


async def test_the_event_loop_goes_on_while_an_answer_is_made(replica: Replica, ordinary: Artifact) -> None:
    await replica.ask(features=flood(ordinary))
    question = {"features": flood(ordinary, avg_message_size=77.0), "methods": ["shap", "lime", "counterfactual"]}
    work = asyncio.ensure_future(replica.client.post("/explain", json=question))
    longest = 0.0
    while not work.done():
        began = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - began)
    assert (await work).status == 200
    assert longest < 0.25


async def test_the_tree_is_shown_in_every_form(replica: Replica) -> None:
    found = await (await replica.client.get(f"/explain/tree/{ANOMALY_DETECTION}?depth=3")).json()
    assert found["depth"] <= 3
    assert found["fidelity_r2"] <= 1.0
    assert found["held_out_rows"] >= 1000
    assert set(found["root"]) >= {"feature", "threshold", "at_most", "above"}
    text = await (await replica.client.get(f"/explain/tree/{ANOMALY_DETECTION}?depth=3&format=text")).text()
    assert found["text"] in text
    for format_, begins in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        response = await replica.client.get(f"/explain/tree/{ANOMALY_DETECTION}?format={format_}&language=ru")
        assert (await response.read()).startswith(begins)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/explain/tree/churn", 404),
        (f"/explain/tree/{ANOMALY_DETECTION}?depth=99", 422),
        (f"/explain/tree/{ANOMALY_DETECTION}?depth=two", 422),
        (f"/explain/tree/{ANOMALY_DETECTION}?format=gif", 422),
        (f"/explain/tree/{ANOMALY_DETECTION}?language=de", 422),
        (f"/explain/tree/{ANOMALY_DETECTION}?output=spam", 422),
        (f"/explain/plots/{ANOMALY_DETECTION}/pie.svg", 404),
        (f"/explain/plots/{ANOMALY_DETECTION}/trends.gif", 404),
        ("/explain/answers/0123/waterfall.svg", 404),
    ],
)
async def test_what_is_not_there_to_be_shown_is_a_problem(replica: Replica, path: str, status: int) -> None:
    response = await replica.client.get(path)
    assert response.status == status
    assert response.content_type == "application/problem+json"


async def test_plots_of_a_model_are_listed_and_drawn(replica: Replica) -> None:
    listed = await (await replica.client.get(f"/explain/plots/{ANOMALY_DETECTION}?language=ru")).json()
    assert len(listed["plots"]) == 4
    for plot in listed["plots"]:
        response = await replica.client.get(plot["href"])
        assert response.status == 200
        assert response.content_type == ("image/svg+xml" if plot["format"] == "svg" else "image/png")


async def test_the_language_is_that_of_the_request(replica: Replica, ordinary: Artifact) -> None:
    for header, language in (("ru-RU,ru;q=0.9,en;q=0.5", "ru"), ("de, en", "en"), ("", "en")):
        response = await replica.client.post(
            "/explain", json={"features": flood(ordinary), **SHAP}, headers={"Accept-Language": header}
        )
        assert (await response.json())["language"] == language


async def test_the_usage_is_shown(replica: Replica) -> None:
    usage = await (await replica.client.get("/explain")).json()
    assert [column["name"] for column in usage["columns"]] == list(FEATURE_NAMES)
    assert usage["columns"][INDEX["connection_duration"]]["can_be_changed"] == "no"


def with_training_set(artifact: Artifact, data: bytes) -> Artifact:
    described = {"snapshot": StoredFile.of(SNAPSHOT_FILE, data)}
    return replace(artifact, manifest=artifact.manifest.model_copy(update=described))


async def ordinary_rows(artifact: Artifact, data: bytes) -> Floats:
    registry, thread, workshop = Registry(MemoryObjectStore()), ThreadPoolExecutor(1), Workshop()
    version = (await registry.put_artifact(with_training_set(artifact, data), data)).model_version
    try:
        found = ServedShelf(Models(registry, thread), registry, Champions(Health(30.0)), workshop)
        return (await found.get(ANOMALY_DETECTION, version)).ordinary
    finally:
        await workshop.stop()
        thread.shutdown()


async def test_the_training_set_is_what_is_ordinary_where_it_was_kept(ordinary: Artifact) -> None:
    rows = np.asarray(ordinary_vectors(50, 3), dtype=np.float64)
    file = io.BytesIO()
    np.savez(file, **dict(zip(FEATURE_NAMES, rows.T, strict=True)), user=np.arange(50))
    np.testing.assert_array_equal(await ordinary_rows(ordinary, file.getvalue()), rows)


async def test_without_a_training_set_that_can_be_read_vectors_are_drawn(ordinary: Artifact) -> None:
    vectors = await ordinary_rows(ordinary, b"no archive")
    np.testing.assert_array_equal(vectors, drawn(ordinary.manifest.scoring()[0]))
    lower, upper = ([getattr(BY_NAME[name], end) for name in FEATURE_NAMES] for end in ("lower", "upper"))
    assert (vectors >= lower).all()
    assert (vectors <= upper).all()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    found = RedisServer(tmp_path_factory.mktemp("redis"))
    found.start()
    yield found
    found.kill()


@pytest.mark.embedded
async def test_replicas_share_answers_and_pictures(shelf: Any, ordinary: Artifact, redis: RedisServer) -> None:
    version, question = stored(shelf, ordinary), {"features": flood(ordinary), "methods": ["shap", "plots"]}
    shares = [LateAnswers(redis.url, 60) for _ in range(2)]
    async with Replica(shelf, version, shared=shares[0]) as one, Replica(shelf, version, shared=shares[1]) as other:
        first = await one.client.post("/explain", json=question)
        second = await other.client.post("/explain", json=question)
        assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("miss", "hit")
        assert await first.read() == await second.read()
        href = (await second.json())["plots"][0]["href"]
        assert (await other.client.get(href)).status == 200

        # A clearing by method leaves what others are of, there too.
        await one.ask(features=flood(ordinary), methods=["counterfactual"])
        await other.client.delete("/explain/cache?method=shap")
        third_share = LateAnswers(redis.url, 60)
        async with Replica(shelf, version, shared=third_share) as third:
            for methods, expected in ((["counterfactual"], "hit"), (["shap", "plots"], "miss")):
                response = await third.client.post("/explain", json={"features": flood(ordinary), "methods": methods})
                assert response.headers["X-Cache"] == expected
        await third_share.stop()

        # Without Redis everybody goes on alone.
        redis.kill()
        await one.ask(features=flood(ordinary, avg_message_size=5.0), **SHAP)
        response = await one.client.delete("/explain/cache")
        assert response.status == 503
    for share in shares:
        await share.stop()


@pytest.mark.parametrize(("method", "times"), [(None, 1), (Method.SHAP, 1), (Method.LIME, 0)])
async def test_clearing_forgets_what_the_stream_remembers_of_shapley_values(method: Method | None, times: int) -> None:
    forgotten: list[bool] = []
    cache = AnswerCache(10, also=lambda: forgotten.append(True))
    await cache.clear_cache(method)
    assert len(forgotten) == times
