"""What a service exposes is what it declares, and is there from the start."""

from __future__ import annotations

import re

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from resonance_contracts.topics import Service
from resonance_runtime import metrics
from resonance_runtime.declaring import CATALOGUE, PLATFORM, Exposed

UNITS = ("seconds", "bytes", "dollars", "ratio", "records", "vectors", "values", "users", "incidents", "total")
# Counts of things, named by them; and what documents named before this code existed.
NAMED_BY_THINGS = {
    "resonance_actions", "resonance_dependency_up", "resonance_features_users", "resonance_gateway_connections",
    "resonance_gateway_events_unsent",
    "resonance_gateway_limits_adjusted", "resonance_incidents_held", "resonance_llm_breaker_state",
    "resonance_notification_groups", "resonance_predictor_evidence_threshold",
    "resonance_predictor_false_incidents_budget", "resonance_predictor_leaves", "resonance_predictor_models_missing",
    "resonance_predictor_verdicts", "resonance_retrainer_trial_stage", "resonance_service_degraded",
    "resonance_service_ready", "gen_ai_client_token_usage",
}  # fmt: skip


def exposed(service: Service) -> dict[str, list[dict[str, str]]]:
    """Labels of the series of each family."""
    families = text_string_to_metric_families(generate_latest(Exposed(service)).decode())
    return {family.name: [sample.labels for sample in family.samples] for family in families}


@pytest.mark.parametrize("service", Service)
def test_a_service_exposes_its_own_metrics_and_those_of_its_process(service: Service) -> None:
    ours = {name for name in exposed(service) if not name.startswith(PLATFORM)}
    assert ours == {name for name, declared in CATALOGUE.items() if service in declared.services}


def test_every_metric_has_a_help_a_unit_and_labels_with_a_bound() -> None:
    assert metrics.SERVICE_READY
    for declared in CATALOGUE.values():
        assert declared.help.endswith("."), declared.name
        assert declared.name.endswith(UNITS) or declared.name in NAMED_BY_THINGS, declared.name
        assert re.fullmatch(r"[a-z][a-z0-9_]*", declared.name), declared.name
        assert (declared.kind == "counter") == declared.name.endswith("_total"), declared.name
        assert declared.services, declared.name
        for label in declared.labels:
            assert 0 < label.most <= 256 and label.comes_from, (declared.name, label.name)


def test_counters_of_known_labels_are_there_before_anything_happened() -> None:
    checks = {labels["check"] for labels in exposed(Service.XAI)["xai_checks_failed"]}
    assert checks >= {"efficiency", "score", "detectors", "sequence"}
