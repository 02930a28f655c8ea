"""The state of the whole over a real socket: services, models, providers, lag, capabilities."""

from __future__ import annotations

import json

import pytest

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2, features_pb2, model_pb2
from resonance_contracts.pb.resonance.v1 import operations_pb2 as pb
from resonance_contracts.topics import (
    ANOMALIES_DETECTED,
    DRIFTS_DETECTED,
    FEATURES_COMPUTED,
    MODELS_PROMOTED,
    SERVICES_REPORTED,
    Service,
)
from resonance_gateway.news.lag import GroupLag, Lags

LAGS = Lags(
    (
        GroupLag(Service.PREDICTOR, "predictor", "resonance.features.computed.v1", 8, 120),
        GroupLag(Service.PREDICTOR, "predictor.questions", "resonance.predictions.requested.v1", 8, 2),
        GroupLag(Service.XAI, "xai.anomalies", "resonance.anomalies.detected.v1", 8, 0),
    )
)


@pytest.fixture
def report(running, take):
    """Lets a service say how it is."""

    def say(service, state=pb.SERVICE_STATE_READY, reasons=(), **details):
        take(
            SERVICES_REPORTED,
            pb.ServiceReport(
                service=service,
                instance="i1",
                version="0.1.0",
                state=state,
                reasons=reasons,
                details=details,
                reported_us=running.gateway.clock.now_us(),
            ),
        )

    return say


@pytest.fixture
def all_well(report):
    for service in Service:
        report(service, **({"writer": "openai, anthropic, offline"} if service is Service.LLM_ORCHESTRATOR else {}))


@pytest.fixture
def asked(running, viewer):
    """Answers of the gateway to a viewer."""

    async def ask(path):
        response = await running.client.get(path, headers=viewer)
        assert response.status == 200, await response.text()
        return await response.json()

    return ask


async def test_status_has_the_lag_of_every_group(running, all_well, asked):
    running.gateway.lag._known = LAGS

    status = await asked("/ml/status")

    assert (status["state"], status["lag_unknown"]) == ("up", None)
    assert status["lag"][0] == {
        "service": "predictor",
        "group": "predictor",
        "topic": "resonance.features.computed.v1",
        "partitions": 8,
        "records": 120,
    }


async def test_status_says_why_the_lag_is_not_known(asked):
    status = await asked("/ml/status")

    assert (status["lag"], status["lag_unknown"]) == ([], "The broker was not asked yet.")


async def test_a_provider_that_does_not_write_is_named_with_the_reason(all_well, report, asked):
    told = {
        "provider.openai": json.dumps({"configured": True, "breaker": "open", "failure": "It answered 429."}),
        "provider.anthropic": json.dumps({"configured": True, "breaker": "closed"}),
    }
    report(Service.LLM_ORCHESTRATOR, pb.SERVICE_STATE_DEGRADED, ["x"], writer="openai, anthropic, offline", **told)

    for path in ("/ml/status", "/ml/ai-status"):
        assert (await asked(path))["providers"] == [
            {"provider": "openai", "state": "down", "reason": "Its last request failed: It answered 429."},
            {"provider": "anthropic", "state": "up", "reason": None},
            {"provider": "offline", "state": "up", "reason": None},
        ]


async def test_a_model_shows_what_drifted_since_it_was_trained(all_well, take, asked):
    for version in ("abc", "def"):
        promoted = model_pb2.ModelPromoted(model_name=version, alias="champion", model_version=version, revision=1)
        take(MODELS_PROMOTED, promoted)
    change = model_pb2.FeatureDrift(features=["error_rate"], what="level", effect=0.5, low=0.2, high=0.8, evidence=3.0)
    take(DRIFTS_DETECTED, model_pb2.DriftDetected(model_version="abc", changes=[change]))
    drifted, other = (await asked("/ml/ai-status"))["models"]

    assert [(c["features"], c["what"], c["effect"]) for c in drifted["drift"]] == [(["error_rate"], "level", 0.5)]
    assert other["drift"] == []


async def test_ai_status_names_models_and_the_services_around_them(all_well, report, take, asked):
    take(MODELS_PROMOTED, model_pb2.ModelPromoted(model_name="m", alias="champion", model_version="abc", revision=1))
    well = await asked("/ml/ai-status")
    report(Service.XAI, pb.SERVICE_STATE_DEGRADED, ["No model yet."])
    degraded = await asked("/ml/ai-status")

    assert (well["state"], well["summary"]) == ("up", "Detection, explanation, narration and training are up.")
    assert [model["model_version"] for model in well["models"]] == ["abc"]
    assert [well[what]["service"] for what in ("detection", "explanation", "narration", "training")] == [
        "predictor",
        "xai",
        "llm-orchestrator",
        "auto-retrainer",
    ]
    assert degraded["state"] == "degraded" and "xai" in degraded["summary"]
    assert degraded["explanation"]["reasons"] == ["No model yet."]


async def test_intelligence_names_what_can_be_done_and_what_came_of_it_last(running, all_well, take, asked):
    running.gateway.lag._known = LAGS
    take(ANOMALIES_DETECTED, detection_pb2.Anomaly(vector_id="v1", end_us=7))
    take(ANOMALIES_DETECTED, detection_pb2.Anomaly(vector_id="v2", end_us=5))
    take(
        FEATURES_COMPUTED,
        features_pb2.VectorBatch(
            stream="live",
            width=WIDTH,
            vector_id=["v1"],
            user_key=["u"],
            start_us=[1],
            end_us=[9],
            values=[0.0] * WIDTH,
        ),
    )

    status = await asked("/ml/intelligence/status")

    by_name = {c["capability"]: c for c in status["capabilities"]}
    assert list(by_name) == ["features", "detection", "explanation", "narration", "training"]
    assert (status["state"], status["summary"]) == ("up", "Every capability is there.")
    assert [(c["remembered"], c["newest_us"], c["lag_records"]) for c in status["capabilities"]] == [
        (1, 9, None),
        (2, 7, 122),
        (0, None, 0),
        (0, None, None),
        (0, None, None),
    ]


async def test_a_capability_whose_service_is_silent_is_down(report, asked):
    report(Service.PREDICTOR, pb.SERVICE_STATE_DEGRADED, ["No model yet."])

    status = await asked("/ml/intelligence/status")

    states = {c["capability"]: (c["state"], c["reasons"]) for c in status["capabilities"]}
    assert status["state"] == "degraded"
    assert states["detection"] == ("degraded", ["No model yet."])
    assert states["narration"] == ("down", ["The llm-orchestrator has not reported yet."])


WELL = {"configured": True, "models": ["m"], "breaker": "closed", "open_for_s": 0, "failure": None}
WELL |= {"last_success": "2026-11-30T04:00:00Z", "last_failure": None}
LEFT_ALONE = WELL | {"breaker": "open", "open_for_s": 3599, "failure": "quota: No money."}
BUDGET = json.dumps({"day": {"limit": 5.0, "left": 4.2}})


@pytest.fixture
def orchestrator(report):
    """Lets the orchestrator say how its providers are."""

    def say(state=pb.SERVICE_STATE_READY, **providers):
        details = {f"provider.{name}": json.dumps(told) for name, told in providers.items()}
        report(Service.LLM_ORCHESTRATOR, state, **details, budget=BUDGET)

    return say


async def test_health_of_a_provider_is_what_the_orchestrator_saw(orchestrator, asked):
    orchestrator(openai=WELL, anthropic=LEFT_ALONE)

    well, ill = await asked("/ml/health/openai"), await asked("/ml/claude/health")

    assert (well["state"], well["breaker"], well["last_success"]) == ("up", "closed", "2026-11-30T04:00:00Z")
    assert (well["models"], well["reason"]) == (["m"], None)
    assert (ill["state"], ill["breaker"], ill["open_for_s"]) == ("down", "open", 3599)
    assert ill["reason"] == "Its last request failed: quota: No money."


async def test_health_of_all_providers_has_budgets_and_says_who_writes(orchestrator, asked):
    orchestrator(openai=WELL, anthropic=LEFT_ALONE)
    degraded = await asked("/ml/multi-llm/health")
    orchestrator(openai=WELL, anthropic={"configured": False})
    well = await asked("/ml/multi-llm/health")
    orchestrator(openai={"configured": False}, anthropic={"configured": False})
    alone = await asked("/ml/multi-llm/health")

    assert degraded["state"] == "degraded"
    assert degraded["summary"] == "anthropic may not write; openai and the offline writer do."
    assert degraded["budgets"] == [{"scope": "day", "limit": 5.0, "left": 4.2}]
    assert (well["state"], well["summary"]) == ("up", "Writing: openai.")
    assert (alone["state"], alone["summary"]) == ("up", "No provider is configured; the offline writer writes.")


async def test_health_of_a_provider_without_a_key_or_without_an_orchestrator_is_down(orchestrator, asked):
    silent = await asked("/ml/health/openai")
    orchestrator(openai={"configured": False})
    keyless = await asked("/ml/health/openai")

    assert (silent["state"], silent["reason"]) == ("down", "The llm-orchestrator has not reported yet.")
    assert (keyless["state"], keyless["reason"]) == ("down", "openai has no key, so it is not asked.")
    assert (await asked("/ml/multi-llm/health"))["state"] == "up"


async def test_health_of_the_service_that_explains(report, asked):
    report(Service.XAI, pb.SERVICE_STATE_DEGRADED, ["No model yet."])

    found = await asked("/ml/health/xai")

    assert (found["service"], found["state"], found["reasons"]) == ("xai", "degraded", ["No model yet."])
