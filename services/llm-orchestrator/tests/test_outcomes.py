"""Attempts are counted and shown."""

from __future__ import annotations

from prometheus_client import REGISTRY

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.outcomes import Outcome, Watch
from resonance_runtime.health import Health


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_failure_degrades_until_the_next_success() -> None:
    health = Health(30.0)
    watch = Watch(health)
    watch(Outcome("openai", 0.1, 0, 0, ProviderFailure(FailureKind.LIMIT, "The provider answered with 429.")))
    assert health.degradations() == {"openai": "Provider openai does not write: The provider answered with 429."}
    watch(Outcome("anthropic", 0.1, 0, 0))
    assert "openai" in health.degradations()
    watch(Outcome("openai", 0.1, 0, 0))
    assert health.degradations() == {}
    assert health.unready() == {}


def test_openai_is_counted_under_the_documents_names_too() -> None:
    watch = Watch(Health(30.0))
    names = {"openai_requests_total": {"outcome": "written"}, "openai_response_duration_seconds_count": {}}
    before = {name: value(name, **labels) for name, labels in names.items()}
    tokens = value("openai_tokens_used_total", direction="in")
    own = value("resonance_llm_tokens_total", provider="openai", direction="in")
    watch(Outcome("openai", 0.1, 900, 300))
    watch(Outcome("anthropic", 0.1, 50, 5))
    assert all(value(name, **labels) == before[name] + 1 for name, labels in names.items())
    assert value("openai_tokens_used_total", direction="in") == tokens + 900
    assert value("resonance_llm_tokens_total", provider="openai", direction="in") == own + 900
    assert value("resonance_llm_requests_total", provider="anthropic", outcome="written") >= 1
