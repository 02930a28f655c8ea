"""Health of xai and of the providers of words, from heartbeats, over a real socket."""

from __future__ import annotations

import pytest

from resonance_contracts.pb.resonance.v1 import operations_pb2 as pb
from resonance_contracts.topics import SERVICES_REPORTED, Service

LLM = Service.LLM_ORCHESTRATOR
FAILS = "Provider openai does not write: it answered 429."


@pytest.fixture
def report(running, take):
    """Lets a service say how it is."""

    def say(service, state=pb.SERVICE_STATE_READY, reasons=(), **details):
        told = {name.replace("__", "."): value for name, value in details.items()}
        now_us = running.gateway._clock.now_us()
        take(
            SERVICES_REPORTED,
            pb.ServiceReport(
                service=service, instance="i1", state=state, reasons=reasons, details=told, reported_us=now_us
            ),
        )

    return say


@pytest.fixture
def asked(running, viewer):
    async def ask(path):
        response = await running.client.get(path, headers=viewer)
        assert response.status == 200, await response.text()
        return await response.json()

    return ask


async def test_xai_says_how_it_is(report, asked):
    silent = await asked("/ml/health/xai")
    report(Service.XAI, pb.SERVICE_STATE_DEGRADED, ["No model yet."])
    degraded = await asked("/ml/health/xai")

    assert (silent["state"], len(silent["reasons"])) == ("down", 1)
    assert (degraded["service"], degraded["state"], degraded["reasons"]) == ("xai", "degraded", ["No model yet."])


@pytest.mark.parametrize(
    ("path", "name"), [("/ml/health/openai", "openai"), ("/ml/claude/health", "anthropic")], ids=["openai", "claude"]
)
async def test_a_provider_is_up_down_or_not_configured(report, asked, path, name):
    silent = await asked(path)
    report(LLM, writer="offline")
    without_key = await asked(path)
    report(LLM, writer=f"{name}, offline")
    well = await asked(path)
    report(LLM, writer=f"{name}, offline", **{f"provider__{name}": "degraded: half of its answers come too late"})
    half = await asked(path)
    reason = f"Provider {name} does not write: it answered 429."
    report(LLM, pb.SERVICE_STATE_DEGRADED, [reason], writer=f"{name}, offline")
    failing = await asked(path)

    assert (silent["state"], silent["configured"]) == ("down", None) and silent["reason"]
    assert (without_key["state"], without_key["configured"]) == ("down", False)
    assert f"{name.upper()}_API_KEY" in without_key["reason"]
    assert well == {"provider": name, "state": "up", "configured": True, "reason": None, "detail": None}
    assert (half["state"], half["reason"]) == ("degraded", "half of its answers come too late")
    assert (failing["state"], failing["reason"]) == ("down", reason)


async def test_all_writers_together(report, asked):
    silent = await asked("/ml/multi-llm/health")
    report(LLM, writer="offline")
    alone = await asked("/ml/multi-llm/health")
    report(LLM, writer="openai, anthropic, offline")
    well = await asked("/ml/multi-llm/health")
    report(LLM, pb.SERVICE_STATE_DEGRADED, [FAILS], writer="openai, anthropic, offline")
    one_fails = await asked("/ml/multi-llm/health")

    assert [answer["state"] for answer in (silent, alone, well, one_fails)] == ["down", "up", "up", "degraded"]
    assert (alone["writers"], well["writers"]) == (["offline"], ["openai", "anthropic", "offline"])
    assert "openai" in one_fails["summary"] and "anthropic can" in one_fails["summary"]
    assert [one["state"] for one in one_fails["providers"]] == ["down", "up"]
