"""Attempts are counted and shown."""

from __future__ import annotations

from prometheus_client import REGISTRY

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage
from resonance_llm_orchestrator.writing.outcomes import Outcome, Watch
from resonance_runtime.health import Health


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def outcome(provider: str, usage: Usage | None = None, failure: ProviderFailure | None = None) -> Outcome:
    return Outcome(provider, "m", "analyze_logs", 0.1, usage, 2_000_000, failure)


def failed(kind: FailureKind) -> ProviderFailure:
    return ProviderFailure(kind, "The provider answered with 429.")


def test_a_failure_degrades_until_the_next_success() -> None:
    health = Health(30.0)
    watch = Watch(health)
    watch(outcome("openai", failure=failed(FailureKind.LIMIT)))
    assert health.degradations() == {"openai": "Provider openai does not write: The provider answered with 429."}
    watch(outcome("anthropic"))
    assert "openai" in health.degradations()
    watch(outcome("openai"))
    assert health.degradations() == {}
    assert health.unready() == {}


def test_what_the_provider_is_not_to_blame_for_degrades_nothing() -> None:
    health = Health(30.0)
    watch = Watch(health)
    for kind in (FailureKind.REFUSAL, FailureKind.VETOED, FailureKind.BUDGET, FailureKind.OPEN):
        watch(outcome("openai", failure=failed(kind)))
    assert health.degradations() == {}


def test_openai_is_counted_under_the_documents_names_too() -> None:
    watch = Watch(Health(30.0))
    names = {"openai_requests_total": {"outcome": "written"}, "openai_response_duration_seconds_count": {}}
    before = {name: value(name, **labels) for name, labels in names.items()}
    tokens = value("openai_tokens_used_total", direction="in")
    watch(outcome("openai", Usage(900, 300)))
    watch(outcome("anthropic", Usage(50, 5)))
    assert all(value(name, **labels) == before[name] + 1 for name, labels in names.items())
    assert value("openai_tokens_used_total", direction="in") == tokens + 900
    assert value("resonance_llm_requests_total", provider="anthropic", outcome="written") >= 1


def test_opentelemetrys_names_have_time_tokens_and_the_error() -> None:
    watch = Watch(Health(30.0))
    common = {"gen_ai_operation_name": "chat", "gen_ai_provider_name": "anthropic", "gen_ai_request_model": "m"}
    tokens = {**common, "gen_ai_token_type": "output"}
    seconds = {**common, "error_type": "limit"}
    cost = {"provider": "anthropic", "model": "m", "task": "analyze_logs"}
    before = (
        value("gen_ai_client_token_usage_sum", **tokens),
        value("gen_ai_client_operation_duration_seconds_count", **seconds),
        value("resonance_llm_cost_dollars_total", **cost),
    )
    watch(outcome("anthropic", Usage(900, 300), failed(FailureKind.LIMIT)))
    assert value("gen_ai_client_token_usage_sum", **tokens) == before[0] + 300
    assert value("gen_ai_client_operation_duration_seconds_count", **seconds) == before[1] + 1
    assert round(value("resonance_llm_cost_dollars_total", **cost) - before[2], 9) == 0.002
