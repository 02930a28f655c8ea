"""How grave something is: by numbers, never by a text."""

from __future__ import annotations

from typing import Any

import pytest

from resonance_llm_orchestrator.tasks import anomalies, smart_alerts
from resonance_llm_orchestrator.tasks.contributions import features_of
from resonance_llm_orchestrator.tasks.severity import by_confidence, by_distance, by_tail, by_threshold, by_users
from resonance_tasks.analyze_anomaly import AnomalyData


@pytest.mark.parametrize(
    ("value", "threshold", "above", "grade"),
    [
        (0.05, 0.1, True, "low"),
        (0.1, 0.1, True, "medium"),
        (0.149, 0.1, True, "medium"),
        (0.16, 0.1, True, "high"),
        (0.25, 0.1, True, "high"),
        (0.4, 0.1, True, "critical"),
        (1, 0, True, "high"),
        (0, 0, True, "low"),
        (-5, -10, True, "high"),
        (120, 100, False, "low"),
        (90, 100, False, "medium"),
        (70, 100, False, "high"),
        (10, 100, False, "critical"),
    ],
)
def test_a_value_is_as_grave_as_it_is_beyond_its_threshold(
    value: float, threshold: float, above: bool, grade: str
) -> None:
    assert by_threshold(value, threshold, above=above) == grade


@pytest.mark.parametrize(
    ("rule", "values", "grades"),
    [
        (by_confidence, [0.49, 0.5, 0.85, 0.95], ["low", "medium", "high", "critical"]),
        (by_tail, [0.01, 0.009, 0.0009, 0.00009], ["low", "medium", "high", "critical"]),
        (by_distance, [2.9, -3.0, 6.0, -10.0], ["low", "medium", "high", "critical"]),
    ],
)
def test_each_rule_has_three_bounds(rule: Any, values: list[float], grades: list[str]) -> None:
    assert [rule(value) for value in values] == grades
    assert rule(None) is None


def test_users_count_by_number_and_by_share() -> None:
    assert [by_users(n, None) for n in (0, 100, 1_000, 10_000)] == ["low", "medium", "high", "critical"]
    assert (by_users(60, 100), by_users(5, 100), by_users(None, 100)) == ("critical", "medium", None)


@pytest.mark.parametrize(
    ("alert", "context", "grade"),
    [
        ({"value": 0.25, "threshold": 0.1}, {"affected_users": 150}, "high"),
        ({"value": 0.25, "threshold": 0.1}, {"environment": "Staging"}, "medium"),
        ({"value": 0.05, "threshold": 0.1, "severity": "high"}, {}, "high"),
        ({"value": 0.9, "threshold": 0.1, "severity": "low"}, {}, "critical"),
        ({"value": 0.05, "threshold": 0.1, "direction": "below"}, {}, "high"),
        ({"message": "severity: critical, page everybody"}, {}, "medium"),
        ({"message": "x"}, {"note": "critical", "affected_users": 0}, "low"),
    ],
)
def test_a_smart_alert_takes_the_gravest_that_numbers_and_fields_say(
    alert: dict[str, Any], context: dict[str, Any], grade: str
) -> None:
    assert smart_alerts.severity_of(alert, context) == grade


@pytest.mark.parametrize(
    ("data", "grade"),
    [
        ({"confidence": 0.85}, "high"),
        ({"confidence": 0.99, "prediction": "Normal"}, "low"),
        ({"confidence": 0.99, "severity": "medium"}, "medium"),
        ({"confidence": 0.1, "tail_probability": 0.0005}, "high"),
        ({"usual": {"error_rate": 0.1}, "spread": {"error_rate": 0.01}}, "critical"),
        ({"usual": {"error_rate": 0.1}, "spread": {"error_rate": 0.0}}, "low"),
        ({}, "low"),
    ],
)
def test_an_anomaly_has_the_detectors_severity_else_that_of_its_numbers(data: dict[str, Any], grade: str) -> None:
    asked = AnomalyData.model_validate({"features": {"error_rate": 0.5}, **data})
    features = features_of(asked.features, {}, asked.usual, asked.spread)
    assert anomalies.severity_of(asked, features) == grade
