"""The file of routes: what it says, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance_llm_orchestrator.budgets.money import Price, nano
from resonance_llm_orchestrator.failures import RoutesError
from resonance_llm_orchestrator.routing.breaker import BreakerState
from resonance_llm_orchestrator.routing.course import Candidate
from resonance_llm_orchestrator.routing.routes import Named, Prefer, Route, UnknownPrice
from resonance_llm_orchestrator.routing.routes_file import parse, read_routes
from resonance_llm_orchestrator.routing.standing import Latencies, ordered

LEAST = 'version = 1\n[tasks.default]\ncandidates = ["openai"]\n'


def test_the_packages_own_file_has_prices_of_the_default_models_and_a_budget() -> None:
    routes = read_routes(None)
    assert routes.facts_of("gpt-5.4-mini").price == Price(0.75, 4.5)
    assert routes.facts_of("claude-haiku-5-5").price == Price(0.1, 0.5, 100_001, 0.5, 2.5)
    assert routes.allowance.day == nano(5)
    assert routes.unknown_price is UnknownPrice.WORST
    # Of gpt-5.4 for long prompts: what has no price is counted as the dearest there is.
    assert routes.facts_of("gpt-5.4").price == Price(2.5, 15.0, 272_001, 5.0, 22.5)
    assert routes.worst_price() == Price(5.0, 22.5)


def test_a_task_without_a_route_has_the_default_one() -> None:
    routes = parse(LEAST + '[tasks.analyze_logs]\ncandidates = ["anthropic", "openai/gpt-5.4"]\n', "f")
    assert routes.route("incident_plan") == Route((Named("openai"),))
    assert routes.route("analyze_logs").candidates == (Named("anthropic"), Named("openai", "gpt-5.4"))


@pytest.mark.parametrize(
    ("model", "known"),
    [("gpt-5.4-mini", 0.75), ("gpt-5.4-mini-2026-03-17", 0.75), ("gpt-5.4-2026-03-05", 2.5), ("gpt-5.4-pro", None)],
)
def test_a_dated_model_has_the_price_of_its_name_and_another_has_none(model: str, known: float | None) -> None:
    price = read_routes(None).facts_of(model).price
    assert (None if price is None else price.input) == known


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("version = ", r"^f is not TOML: "),
        ('[tasks.default]\ncandidates = ["openai"]', r"^f lacks version\.$"),
        ("version = 1\n[tasks]", r"has no \[tasks\.default\]"),
        (LEAST + "[budget]\nday = -1", r"^f has budget\.day = -1: input should be greater"),
        (LEAST + "[budgets]\nday = 1", r"^f has budgets, which is none of its settings\.$"),
        (LEAST.replace('"openai"', '"nobody"'), r"has no provider for candidate nobody of tasks\.default"),
        (LEAST.replace('"openai"', ""), r"^f has tasks\.default\.candidates = \[\]: "),
        (LEAST + "[models.m]\ninput = 1\n", r"models\.m, has one of input and output; a price is both"),
        (LEAST + "[models.m]\ninput = 1\noutput = 1\nlong_from = 5", r"the rate from there on is long_input"),
        (LEAST + '[providers.openai]\nmodel = "m"', r"says more than concurrency of providers\.openai"),
        (LEAST + '[providers.local]\nmodel = "m"', r"does not say protocol, base_url and model of providers\.local"),
        (LEAST + 'prefer = "luck"', r"^f has tasks\.default\.prefer = 'luck': "),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(RoutesError, match=sentence):
        parse(text, "f")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RoutesError, match="cannot be read"):
        read_routes(tmp_path / "none.toml")


A, B, C = (Candidate(name, name, 100) for name in "abc")
PRICES = {"a": 3.0, "b": 1.0, "c": 2.0}


def order(prefer: Prefer, latencies: Latencies, *open_: str) -> str:
    def state(name: str) -> BreakerState:
        return BreakerState.OPEN if name in open_ else BreakerState.CLOSED

    found = ordered((A, B, C), prefer, latencies, lambda candidate: PRICES[candidate.name], state)
    return "".join(candidate.name for candidate in found)


def test_candidates_are_ordered_by_health_then_by_what_is_preferred() -> None:
    latencies = Latencies()
    for name, seconds in (("a", 0.5), ("b", 2.0), ("c", 1.0)):
        latencies.took(name, seconds)
    assert order(Prefer.ORDER, latencies) == "abc"
    assert order(Prefer.PRICE, latencies) == "bca"
    assert order(Prefer.LATENCY, latencies) == "acb"
    assert order(Prefer.LATENCY, latencies, "a") == "cba"
    assert order(Prefer.LATENCY, Latencies()) == "abc"


def test_a_candidate_that_becomes_slow_falls_back() -> None:
    latencies = Latencies()
    for name in "abc":
        latencies.took(name, 1.0)
    for _ in range(5):
        latencies.took("a", 3.0)
    assert order(Prefer.LATENCY, latencies) == "bca"
    assert 2.0 < latencies.of("a") < 3.0
