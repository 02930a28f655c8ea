"""The checks of what is behind the predictor find what is lost and what is doubled."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1.alert_pb2 import EnrichedAlert
from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly
from resonance_contracts.pb.resonance.v1.explanation_pb2 import Explanation
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    Topic,
)
from tests.support.topic_scan import Seen
from tests.upgrades.told import FACTS, RESOLVED, explained_once, told_once

Found = dict[str, list[Seen]]


def seen(topic: Topic, id_: str, message: Message) -> Seen:
    return Seen(topic, 0, None, message.SerializeToString(), {"ce_id": id_}, 0)


@pytest.fixture
def found() -> Found:
    """One anomaly and one alert, told as they should be."""
    return {
        ANOMALIES_DETECTED.name: [seen(ANOMALIES_DETECTED, "v", Anomaly(vector_id="v"))],
        EXPLANATIONS_PRODUCED.name: [seen(EXPLANATIONS_PRODUCED, "v/x", Explanation(vector_id="v"))],
        ALERTS_RAISED.name: [seen(ALERTS_RAISED, "a", Alert(alert_id="a"))],
        ALERTS_RESOLVED.name: [seen(ALERTS_RESOLVED, "a/r", Alert(alert_id="a"))],
        ALERTS_ENRICHED.name: [
            seen(ALERTS_ENRICHED, "a/1", EnrichedAlert(alert_id="a", stage=FACTS)),
            seen(ALERTS_ENRICHED, "a/4", EnrichedAlert(alert_id="a", stage=RESOLVED)),
        ],
    }


def test_what_is_told_once_passes_and_so_does_what_comes_again_under_its_id(found: Found) -> None:
    found[EXPLANATIONS_PRODUCED.name] *= 2
    found[ALERTS_ENRICHED.name] *= 2

    assert explained_once(found).passed and told_once(found).passed


def test_an_anomaly_without_an_explanation_is_found(found: Found) -> None:
    found[EXPLANATIONS_PRODUCED.name].clear()

    assert not explained_once(found).passed


def test_an_explanation_under_a_second_id_is_found(found: Found) -> None:
    found[EXPLANATIONS_PRODUCED.name].append(seen(EXPLANATIONS_PRODUCED, "other", Explanation(vector_id="v")))

    assert not explained_once(found).passed


@pytest.mark.parametrize("stage", [FACTS, RESOLVED])
def test_words_under_a_second_id_are_found(found: Found, stage: int) -> None:
    found[ALERTS_ENRICHED.name].append(seen(ALERTS_ENRICHED, "other", EnrichedAlert(alert_id="a", stage=stage)))

    assert not told_once(found).passed


def test_an_alert_that_is_over_without_words_of_its_end_is_found(found: Found) -> None:
    found[ALERTS_ENRICHED.name].pop()

    assert not told_once(found).passed
