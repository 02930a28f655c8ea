"""From a WebSocket message to an explained alert."""

from __future__ import annotations

import pytest

from tests.support.demonstration import Demonstrated

pytestmark = [pytest.mark.embedded]

KEYS = {"incidents", "detected", "explained", "false_alerts", "latency_ms_p50", "latency_ms_p99", "events"}


def test_every_planted_incident_is_detected_and_explained(demonstrated: Demonstrated) -> None:
    summary = demonstrated.summary
    assert demonstrated.status == 0, demonstrated.output
    assert summary.keys() >= KEYS
    assert summary["incidents"] >= 7
    assert summary["detected"] == summary["explained"] == summary["incidents"]


def test_ordinary_users_are_left_alone(demonstrated: Demonstrated) -> None:
    summary = demonstrated.summary
    assert summary["ordinary_users_flagged"] <= 0.02 * summary["ordinary_users"], demonstrated.output
