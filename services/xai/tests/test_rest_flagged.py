"""Questions over HTTP about vectors that were flagged, and their pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from resonance_contracts.features import FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_modeling.artifact import Artifact
from resonance_runtime.erasures import received_us
from resonance_xai.asked.methods import Method
from tests.support.ordinary_model import ordinary_model
from tests.support.xai_over_http import SHAP, Replica, flood, stored

MakeAnomaly = Callable[..., pb.Anomaly]


@pytest.fixture(scope="module")
def ordinary() -> Artifact:
    return ordinary_model(seed=1)


@pytest.fixture
async def replica(shelf: Any, ordinary: Artifact) -> AsyncIterator[Replica]:
    async with Replica(shelf, stored(shelf, ordinary)) as found:
        yield found


@pytest.fixture
def flagged(replica: Replica, ordinary: Artifact, anomaly: MakeAnomaly, baseline: Any) -> pb.Anomaly:
    """A flood of somebody whose normal is known; it opened one incident, and another one that was held back."""
    opened = [pb.Alert(alert_id="alert-1")]
    found = anomaly(
        ordinary, flood(ordinary), baseline=baseline, opened=opened, held_back=[pb.Alert(alert_id="held-1")]
    )
    found.baseline[INDEX["messages_per_minute"]].median = 880.0
    replica.history.take(found)
    return found


async def test_by_vector_user_or_incident_the_score_that_was_served_is_explained(
    replica: Replica, flagged: pb.Anomaly
) -> None:
    one = await replica.ask(vector_id=flagged.vector_id, **SHAP)
    assert one["value"] == pytest.approx(flagged.score, abs=1e-9)
    assert one["base_value"] + sum(one["shap_values"].values()) == pytest.approx(flagged.score, abs=1e-9)
    assert one["model_version"] == flagged.scorer.model_version
    assert (one["vector_id"], one["user_key"], one["severity"]) == (flagged.vector_id, flagged.user_key, "high")
    assert one["features"] == dict(zip(FEATURE_NAMES, flagged.values, strict=True))
    assert (one["alert_ids"], one["reference"], len(one["detectors"])) == (["alert-1"], "population", 5)
    # The rule that flagged it is in the words, as on the stream.
    assert "message_flood" in one["natural_explanation"]
    for name in ({"user_key": flagged.user_key}, {"alert_id": "alert-1"}, {"alert_id": "held-1"}):
        assert await replica.ask(**name, **SHAP) == one


async def test_the_users_own_medians_are_the_own_reference_of_a_flagged_vector(
    replica: Replica, flagged: pb.Anomaly
) -> None:
    own = await replica.ask(vector_id=flagged.vector_id, reference="own", **SHAP)
    assert own["reference"] == "own"
    assert own["reference_values"]["messages_per_minute"] == 880.0
    assert own["reference_values"]["error_rate"] == pytest.approx(flagged.baseline[INDEX["error_rate"]].mean)
    assert own["base_value"] + sum(own["shap_values"].values()) == pytest.approx(flagged.score, abs=1e-6)
    assert "the account's own means" in own["technical_explanation"]
    assert "message_flood" in own["natural_explanation"]
    everybody = await replica.ask(vector_id=flagged.vector_id, **SHAP)
    assert abs(own["shap_values"]["messages_per_minute"]) < abs(everybody["shap_values"]["messages_per_minute"])


async def test_everything_can_be_asked_of_a_flagged_vector(replica: Replica, flagged: pb.Anomaly) -> None:
    found = await replica.ask(
        alert_id="held-1",
        methods=["shap", "lime", "counterfactual", "plots", "tree"],
        language="ru",
        deadline_ms=60_000,
    )
    assert not found["unfinished"]
    assert found["lime"]["agreement"]["rank_correlation"] <= 1.0
    assert found["counterfactual"]["needed"]
    assert found["tree"]["path"]
    assert [plot["name"] for plot in found["plots"]] == ["waterfall"]
    assert found["counterfactual"]["text"] in found["natural_explanation"]


async def test_without_a_known_normal_the_own_reference_is_refused_with_what_would_be_right(
    replica: Replica, ordinary: Artifact, anomaly: MakeAnomaly
) -> None:
    replica.history.take(anomaly(ordinary, flood(ordinary)))
    problem = await replica.ask(422, vector_id="vector-1", reference="own", **SHAP)
    assert "expected the reference 'population'" in problem["detail"]


@pytest.mark.parametrize("name", ["vector_id", "user_key", "alert_id"])
async def test_what_was_not_seen_lately_is_a_problem_that_says_what_would_be_right(
    replica: Replica, flagged: pb.Anomaly, name: str
) -> None:
    problem = await replica.ask(404, **{name: "nobody"})
    assert f"with the {name} 'nobody'" in problem["detail"]
    assert "GET /ml/anomalies/recent" in problem["detail"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (
            {"vector_id": "a", "user_key": "b"},
            "expected one of features, vector_id, user_key, alert_id; got vector_id and",
        ),
        ({"vector_id": "a", "features": {"error_rate": 0.5}}, "got features and vector_id"),
        ({"vector_id": "a", "model_version": "f" * 64}, "expected no 'model_version' with a vector that was flagged"),
        ({"vector_id": "a", "reference": "own", "normal": {"error_rate": 0.5}}, "expected no 'normal'"),
        ({"vector_id": ""}, "vector_id: String should have at least 1 character"),
    ],
)
async def test_a_question_that_names_too_much_is_refused(
    replica: Replica, question: dict[str, Any], words: str
) -> None:
    assert words in (await replica.ask(422, **question))["detail"]


async def test_what_no_model_scored_is_explained_as_the_stream_does(
    replica: Replica, anomaly: MakeAnomaly, baseline: Any
) -> None:
    replica.history.take(anomaly(baseline=baseline))
    found = await replica.ask(vector_id="vector-1")
    assert (found["method"], found["unit"], found["reference"]) == ("baseline-deviation", "deviations", "own")
    assert sum(found["shap_values"].values()) == pytest.approx(found["value"])
    assert found["waterfall"]["svg"] == "/explain/vectors/vector-1/waterfall.svg"
    problem = await replica.ask(422, vector_id="vector-1", methods=["lime"])
    assert "expected methods among shap, plots" in problem["detail"]
    replica.history.take(anomaly(vector_id="vector-2"))
    ruled = await replica.ask(vector_id="vector-2")
    assert (ruled["method"], ruled["unit"], ruled["reference"], ruled["waterfall"]) == ("rule", None, None, {})


async def test_the_same_vector_is_answered_from_memory_by_whichever_name_until_its_user_is_erased(
    replica: Replica, flagged: pb.Anomaly
) -> None:
    async def cached(**name: str) -> tuple[int, str]:
        response = await replica.client.post("/explain", json={**name, **SHAP})
        return response.status, response.headers.get("X-Cache", "")

    assert await cached(vector_id=flagged.vector_id) == (200, "miss")
    assert await cached(user_key=flagged.user_key) == (200, "hit")
    assert await cached(alert_id="held-1") == (200, "hit")
    replica.erasures.take(UserErased(user_key=flagged.user_key, erased_us=received_us(flagged)))
    assert replica.cache.state()["entries"] == 0
    for name in ({"vector_id": flagged.vector_id}, {"user_key": flagged.user_key}, {"alert_id": "held-1"}):
        assert (await cached(**name))[0] == 404


async def test_an_explained_vector_can_be_looked_at(replica: Replica, flagged: pb.Anomaly) -> None:
    links = (await replica.ask(vector_id=flagged.vector_id, **SHAP))["waterfall"]
    pictures = set()
    for link, begins in ((links["svg"], b"<?xml"), (links["png"], b"\x89PNG")):
        for language in ("en", "ru"):
            response = await replica.client.get(f"{link}?language={language}")
            data = await response.read()
            assert response.status == 200
            assert data.startswith(begins)
            pictures.add(data)
    assert len(pictures) == 4


async def test_a_picture_that_cannot_be_drawn_is_a_problem(
    shelf: Any, replica: Replica, ordinary: Artifact, anomaly: MakeAnomaly
) -> None:
    replica.history.take(anomaly(vector_id="ruled"))
    replica.history.take(anomaly(vector_id="far", baseline=[pb.FeatureBaseline(mean=1.0, spread=1.0)] * 13))
    for path, status, words in (
        ("ruled/waterfall.svg", 404, "Only a rule flagged this vector"),
        ("nobody/waterfall.svg", 404, "vector_id 'nobody'"),
        ("ruled/waterfall.gif", 404, "Expected one of svg, png"),
        ("ruled/waterfall.svg?language=de", 422, "Expected one of en, ru"),
    ):
        response = await replica.client.get(f"/explain/vectors/{path}")
        assert response.status == status
        assert words in (await response.json())["detail"]
    assert (await replica.client.get("/explain/vectors/far/waterfall.png")).status == 200
    without = frozenset(Method) - {Method.PLOTS}
    async with Replica(shelf, stored(shelf, ordinary), methods=without) as other:
        response = await other.client.get("/explain/vectors/ruled/waterfall.svg")
        assert "switched off" in (await response.json())["detail"]


async def test_clear_cache_forgets_answers_all_or_those_of_a_method(replica: Replica, flagged: pb.Anomaly) -> None:
    await replica.ask(vector_id=flagged.vector_id, **SHAP)
    await replica.ask(vector_id=flagged.vector_id, methods=["counterfactual"], deadline_ms=60_000)
    assert await replica.endpoint.clear_cache(Method.COUNTERFACTUAL) == 1
    assert await replica.endpoint.clear_cache() == 1
    assert replica.cache.state()["entries"] == 0
