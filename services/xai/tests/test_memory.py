"""What is kept for later: bounded, newest first."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_attribution.loaded import Loaded
from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_modeling.artifact import Artifact
from resonance_runtime import metrics
from resonance_runtime.erasures import SETTLING_US, Erasures
from resonance_runtime.health import Health
from resonance_xai.bounded import Recent
from resonance_xai.champions import Champions
from resonance_xai.history import History
from resonance_xai.remembered import Remembered


def test_the_entry_used_least_recently_goes_first() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)
    assert len(recent) == 2


def test_with_no_room_nothing_is_kept() -> None:
    recent: Recent[str, int] = Recent(0)
    recent.put("a", 1)
    assert recent.get("a") is None
    with pytest.raises(ValueError, match="from 0"):
        Recent(-1)


def test_the_latest_anomaly_of_a_user_is_by_event_time() -> None:
    history = History(10)
    for vector, end in (("late", 30), ("early", 10), ("late", 30)):
        history.take(Anomaly(vector_id=vector, user_key="u_1", end_us=end))
    latest = history.user("u_1")
    assert latest is not None
    assert latest.vector_id == "late"
    assert history.vector("early") is not None
    assert history.vector("other") is None
    assert history.user("u_2") is None


def promotion(version: str, revision: int, alias: str = "champion") -> ModelPromoted:
    return ModelPromoted(model_name="m", alias=alias, model_version=version, revision=revision)


def test_the_newest_champion_counts_whatever_comes_again() -> None:
    health = Health(30)
    champions = Champions(health)
    assert champions.version("m") is None
    assert "No model was promoted yet" in health.degradations()["model"]
    champions.take(promotion("v9", 9, "challenger"))
    assert champions.version("m") is None
    for version, revision in (("v1", 1), ("v2", 2), ("v1", 1)):
        champions.take(promotion(version, revision))
    assert champions.version("m") == "v2"
    assert health.degradations() == {}
    assert health.details["model m"] == "v2"


def looked_up(outcome: str) -> float:
    return metrics.XAI_CACHE.labels(outcome=outcome)._value.get()


def test_a_vector_is_attributed_once_per_version(artifact: Artifact, other_artifact: Artifact) -> None:
    one, other = Loaded(artifact), Loaded(other_artifact)
    vector = one.reference.copy()
    vector[0] = 340.0
    attribute = Remembered(10)
    hits, misses = looked_up("hit"), looked_up("miss")
    first = attribute(one, vector, one.reference)
    assert attribute(one, vector.copy(), one.reference) is first
    apart = attribute(other, vector, other.reference)
    assert not np.array_equal(apart.whole.values, first.whole.values)
    assert (looked_up("hit") - hits, looked_up("miss") - misses) == (1, 2)
    assert attribute(one, vector, one.reference * 2) is not first, "against another reference"
    attribute.clear()
    assert attribute(one, vector, one.reference) is not first


def test_of_a_user_who_was_erased_nothing_is_remembered_and_the_past_does_not_bring_it_back() -> None:
    erasures = Erasures()
    history = History(10, erasures)
    seen = [Anomaly(vector_id=f"v_{user}", user_key=user, last_received_us=100) for user in ("u_a", "u_b")]
    for anomaly in seen:
        history.take(anomaly)
    erasures.take(UserErased(user_key="u_a", erased_us=100))
    for _ in range(2):
        assert (history.user("u_a"), history.vector("v_u_a")) == (None, None)
        assert history.user("u_b") == history.vector("v_u_b") == seen[1]
        for anomaly in seen:
            history.take(anomaly)
    later = Anomaly(vector_id="v_new", user_key="u_a", last_received_us=100 + 2 * SETTLING_US)
    history.take(later)
    assert history.user("u_a") == later
