"""What is compared with the user's own normal at that time of the week, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resonance_attribution.loaded import Loaded
from resonance_attribution.shapley import shapley
from resonance_contracts.features import FEATURES, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_modeling.artifact import Artifact
from resonance_xai.deviation import SMALLEST_SPREAD
from resonance_xai.errors import MalformedAnomaly
from resonance_xai.explain import explain

TUESDAY = detection_pb2.WeekPart(weekday=2, part=detection_pb2.DAY_PART_EVENING, time_zone="Europe/Berlin")


@pytest.fixture(scope="module")
def model(artifact: Artifact) -> Loaded:
    return Loaded(artifact)


@pytest.fixture
def flagged(
    artifact: Artifact, anomaly: Callable[..., detection_pb2.Anomaly], baseline: list[detection_pb2.FeatureBaseline]
) -> detection_pb2.Anomaly:
    """An anomaly of somebody whose normal is known, at that time and at any."""
    found = anomaly(artifact, baseline=baseline)
    values = [entry.mean * 1.25 + 0.1 for entry in baseline]
    found.usual_then.CopyFrom(detection_pb2.UsualThen(when=TUESDAY, values=values, minutes=80.0, weeks=3))
    return found


def references(told: explanation_pb2.Explanation) -> list[str]:
    return [one.reference for one in told.comparisons if one.of == "score"]


def test_a_question_is_answered_with_both_normals_and_the_stream_with_that_of_the_time(
    model: Loaded, flagged: detection_pb2.Anomaly
) -> None:
    assert references(explain(flagged, model, asked=True)) == ["user", "user_then"]
    assert references(explain(flagged, model)) == ["user_then"]
    flagged.ClearField("usual_then")
    assert references(explain(flagged, model)) == ["user"]


def test_attributions_are_those_of_every_coalition_against_the_values_of_that_time(
    model: Loaded, flagged: detection_pb2.Anomaly
) -> None:
    told = explain(flagged, model)
    (then,) = [one for one in told.comparisons if one.reference == "user_then"]
    vector, usual = np.array(flagged.values), np.array(flagged.usual_then.values)
    usual = np.clip(usual, [feature.lower for feature in FEATURES], [feature.upper for feature in FEATURES])
    near = np.abs(vector - usual) < SMALLEST_SPREAD / 2
    usual[near] = vector[near]
    assert list(then.reference_values) == usual.tolist()
    oracle = shapley(model, vector, usual)
    np.testing.assert_allclose(then.attributions, oracle.values, atol=1e-6)
    assert (then.base_value, then.score) == pytest.approx((oracle.base, flagged.score), abs=1e-6)
    assert (then.when, then.method) == (TUESDAY, "shapley-enumeration")
    assert not told.skipped


def test_texts_speak_of_that_time(model: Loaded, flagged: detection_pb2.Anomaly) -> None:
    for asked in (False, True):
        english, russian = explain(flagged, model, asked=asked).texts
        assert "on a Tuesday evening" in english.natural
        assert "on a Tuesday evening, Europe/Berlin time, learned in 3 weeks" in english.technical
        assert "во вторник вечером" in russian.natural


def test_in_a_flood_it_is_left_out_by_its_name(model: Loaded, flagged: detection_pb2.Anomaly) -> None:
    told = explain(flagged, model, brief=True)
    assert list(told.skipped) == ["user_then_reference"]
    assert references(told) == []
    assert "usual values at that time of the week" in told.texts[0].technical


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"values": [1.0] * (WIDTH - 1)}, f"Expected {WIDTH} finite values that are usual"),
        ({"values": [np.inf] * WIDTH}, "finite"),
        ({"when": detection_pb2.WeekPart(weekday=8, part=detection_pb2.DAY_PART_NIGHT)}, "weekday from 1 to 7"),
        ({"when": detection_pb2.WeekPart(weekday=1)}, "a quarter of the day, but they are 1 and 0"),
    ],
)
def test_what_is_usual_at_no_time_is_refused(
    model: Loaded, flagged: detection_pb2.Anomaly, changes: dict[str, Any], words: str
) -> None:
    for name in changes:
        flagged.usual_then.ClearField(name)
    flagged.usual_then.MergeFrom(detection_pb2.UsualThen(**changes))
    with pytest.raises(MalformedAnomaly, match=words):
        explain(flagged, model)
