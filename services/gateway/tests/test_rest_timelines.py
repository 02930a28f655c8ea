"""`GET /ml/users/{id}/features`, `GET /ml/incidents/{alert_id}/explanation` and `GET /ml/catalogue`."""

from __future__ import annotations

import pytest

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, features_pb2
from resonance_contracts.topics import (
    ALERTS_RAISED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    PREDICTIONS_SCORED,
)
from resonance_gateway.news.trails import LONGEST, MOST_PEOPLE, Trails
from resonance_gateway.news.vectors import Score, Vector
from services.gateway.tests.test_alerts_stream import KEY, alert

WIDTH = len(FEATURE_NAMES)


def vectors(user_key, numbers, stream="live"):
    return features_pb2.VectorBatch(
        stream=stream,
        width=WIDTH,
        vector_id=[f"{user_key}-{stream}-{i}" for i in numbers],
        user_key=[user_key for _ in numbers],
        start_us=[i * 1_000_000 for i in numbers],
        end_us=[(i + 1) * 1_000_000 for i in numbers],
        values=[float(i) for i in numbers for _ in range(WIDTH)],
        last_received_us=[2**50 for _ in numbers],
    )


def anomaly(**fields):
    baseline = [detection_pb2.FeatureBaseline(mean=5, spread=1, low=3, median=5, high=7)] * WIDTH
    return detection_pb2.Anomaly(
        vector_id=f"{KEY}-live-3", user_key=KEY, stream="live", end_us=4_000_000, severity=3, baseline=baseline,
        baseline_weight=40, values=[3.0] * WIDTH, **fields,
    )  # fmt: skip


@pytest.fixture
def ask(running, make_token):
    async def get(path, roles=("viewer",), **headers):
        headers["Authorization"] = f"Bearer {make_token('olga', roles=list(roles))}"
        return await running.client.get(path, headers=headers)

    return get


async def test_the_vectors_of_who_was_flagged_are_kept_with_what_is_usual(running, ask):
    take = running.gateway.newsroom.take
    take(FEATURES_COMPUTED, vectors(KEY, range(4)))
    take(
        PREDICTIONS_SCORED,
        detection_pb2.PredictionBatch(
            stream="live", vector_id=[f"{KEY}-live-3"], user_key=[KEY], end_us=[4_000_000], score=[0.9],
            tail_probability=[1e-5], severity=[3],
        ),
    )  # fmt: skip
    take(ANOMALIES_DETECTED, anomaly())
    take(FEATURES_COMPUTED, vectors("somebody", range(1000)))
    take(FEATURES_COMPUTED, vectors(KEY, range(4, 6)))

    told = await (await ask(f"/ml/users/{KEY}/features")).json()

    assert [one["end_us"] // 1_000_000 for one in told["vectors"]] == [1, 2, 3, 4, 5, 6]
    assert (told["stream"], told["count"], told["user_id"]) == ("live", 6, None)
    assert told["vectors"][3]["score"] == 0.9
    assert told["normal"]["messages_per_minute"] == {"mean": 5, "spread": 1, "low": 3, "median": 5, "high": 7}
    assert (told["normal_weight"], told["normal_until_us"]) == (40, 4_000_000)


async def test_of_others_there_is_what_is_among_the_newest_of_one_stream(running, ask):
    running.gateway._directory.learn(KEY, "alice")
    running.gateway.newsroom.take(FEATURES_COMPUTED, vectors(KEY, range(2)))
    running.gateway.newsroom.take(FEATURES_COMPUTED, vectors(KEY, range(3), "replay:x"))

    newest = await (await ask("/ml/users/alice/features", ["operator"])).json()
    live = await (await ask("/ml/users/alice/features?stream=live")).json()
    nobody = await (await ask("/ml/users/nobody/features")).json()

    assert (newest["stream"], newest["count"], newest["user_id"], newest["normal"]) == ("replay:x", 3, "alice", {})
    assert (live["stream"], live["count"], live["user_key"]) == ("live", 2, KEY)
    assert (nobody["stream"], nobody["count"]) == (None, 0)


async def test_who_was_erased_has_no_vectors(running, ask):
    running.gateway.newsroom.take(ANOMALIES_DETECTED, anomaly())
    running.gateway.newsroom.take(FEATURES_COMPUTED, vectors(KEY, range(2)))

    running.gateway._recent.forget(KEY)

    assert (await (await ask(f"/ml/users/{KEY}/features")).json())["count"] == 0


async def test_an_incident_has_the_explanation_that_was_made_of_it(running, ask):
    opened = alert("al_1")
    opened.vector_id = f"{KEY}-live-3"
    explained = explanation_pb2.Explanation(
        vector_id=opened.vector_id, user_key=KEY, stream="live", alert_ids=["al_1"], anomaly=anomaly(),
        unit=explanation_pb2.ATTRIBUTION_UNIT_SCORE, base_value=0.1, score=0.4,
        attributions=[explanation_pb2.FeatureAttribution(feature="error_rate", value=1, attribution=0.3)],
        texts=[explanation_pb2.LocalizedText(language=one, natural=f"in {one}") for one in ("en", "ru")],
    )  # fmt: skip
    running.gateway.newsroom.take(ALERTS_RAISED, opened)
    early = await ask("/ml/incidents/al_1/explanation")
    running.gateway.newsroom.take(EXPLANATIONS_PRODUCED, explained)

    told = await (await ask("/ml/incidents/al_1/explanation", **{"Accept-Language": "ru"})).json()

    assert early.status == 404
    assert "'al_1'" in (await early.json())["detail"]
    assert told["natural_explanation"] == "in ru"
    assert (told["feature_importance"], told["shap_values"]) == ({"error_rate": 1.0}, [0.3])
    assert (await ask("/ml/incidents/al_2/explanation")).status == 404


async def test_the_catalogue_names_every_feature_and_kind_in_both_languages(ask):
    told = await (await ask("/ml/catalogue")).json()

    assert [one["name"] for one in told["features"]] == list(FEATURE_NAMES)
    names = [one["names"] for one in (*told["features"], *told["kinds"])]
    assert all(one["en"] and one["ru"] and one["en"] != one["ru"] for one in names)
    assert {"message_flood", "unusual_volume", "unusual_behaviour"} <= {one["kind"] for one in told["kinds"]}
    error_rate = next(one for one in told["features"] if one["name"] == "error_rate")
    assert (error_rate["lower"], error_rate["upper"]) == (0, 1)


class TestTrails:
    def vector(self, i, user_key="u"):
        return Vector(f"{user_key}{i}", user_key, "live", i, i, (float(i),), i)

    def test_people_and_vectors_are_bounded(self):
        trails = Trails()
        for i in range(MOST_PEOPLE + 1):
            trails.flag(f"u{i}")
        for i in range(3 * LONGEST):
            trails.take_score("u9", f"u9{i}", Score(0, 0, 0))
            trails.take(self.vector(i, "u9"))

        assert ("u0" in trails, "u1" in trails) == (False, True)
        kept = trails.of("u9")
        assert len(kept.vectors) == LONGEST
        assert set(kept.scores) == {vector.vector_id for vector in kept.vectors}

    def test_who_is_flagged_again_is_kept_longer(self):
        trails = Trails()
        for i in range(MOST_PEOPLE):
            trails.flag(f"u{i}")
        trails.flag("u0")
        trails.flag("one more")

        assert ("u0" in trails, "u1" in trails) == (True, False)

    def test_old_vectors_go_and_the_trail_stays(self):
        trails = Trails()
        trails.flag("u", [(self.vector(i), Score(0, 0, 0)) for i in range(4)])
        trails.drop_before(2)

        assert [vector.received_us for vector in trails.of("u").vectors] == [2, 3]
        assert set(trails.of("u").scores) == {"u2", "u3"}
