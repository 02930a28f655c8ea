"""Both SDKs against a server that speaks their protocols and has every fault that was seen in the wild."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_llm_orchestrator.anthropic_provider import AnthropicProvider
from resonance_llm_orchestrator.authors import Authors
from resonance_llm_orchestrator.drafts import Draft, of_explanation
from resonance_llm_orchestrator.enriched import enriched_offline
from resonance_llm_orchestrator.openai_provider import OpenAIProvider, request_options
from resonance_llm_orchestrator.outcomes import Outcome
from resonance_llm_orchestrator.prompt import instructions
from resonance_llm_orchestrator.provider import Provider

DEADLINE_S = 1.5
SLACK_S = 1.5  # the machine that tests may be busy; whoever ignores the deadline takes far longer
PROVIDERS = ("openai", "anthropic")

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def html(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>Welcome to the captive portal</html>", content_type="text/html")


async def slow(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def trickle(request: web.Request) -> web.StreamResponse:
    """A byte now and then: no single read is ever slow."""
    response = web.StreamResponse(headers={"content-type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Promises more than it sends."""
    response = web.StreamResponse(headers={"content-type": "application/json", "content-length": "1000"})
    await response.prepare(request)
    await response.write(b'{"id": "msg')
    assert request.transport is not None
    request.transport.close()
    return response


FAULTS: dict[str, tuple[str, str]] = {
    "limit": ("limit", "429"),
    "quota": ("limit", "insufficient_quota"),
    "error": ("unavailable", "500"),
    "busy": ("overload", "503"),
    "overload": ("overload", "529"),
    "key": ("rejected", "401"),
    "html": ("broken_answer", "something that is not a"),
    "list": ("broken_answer", "something that is not a"),
    "truncated": ("broken_answer", "not complete"),
    "partial": ("broken_answer", "not complete"),
    "refusal": ("refusal", "refused"),
    "slow": ("timeout", "No complete answer"),
    "trickle": ("timeout", "No complete answer"),
    "hang_up": ("unavailable", "failed"),
    "prose": ("broken_answer", "json_invalid"),
    "made_up": ("broken_answer", "424242"),
}
"""Kind of failure and part of its sentence, by fault."""


@pytest.fixture
def fault(
    complete: Callable[..., dict[str, Any]], answering: Callable[..., Respond], good_words: dict[str, Any]
) -> Callable[[str, str], Respond]:
    """What a provider with a fault answers with."""
    good = json.dumps(good_words)
    good_words["en"]["summary"] = "There were 424242 messages."
    made_up = json.dumps(good_words)

    def status(code: int, word: str) -> Respond:
        body = {"type": "error", "error": {"type": word, "code": word, "message": "No."}}
        # One that would keep an obedient SDK for an hour, and one that would have it ask again at once.
        wait = {"retry-after": "3600"} if code == 429 else {"retry-after-ms": "10"}
        return answering(body, code, wait)

    def respond(provider: str, name: str) -> Respond:
        cut = "length" if provider == "openai" else "max_tokens"
        return {
            "limit": status(429, "rate_limit_error"),
            "quota": status(429, "insufficient_quota"),
            "error": status(500, "api_error"),
            "busy": status(503, "slow_down"),
            "overload": status(529, "overloaded_error"),
            "key": status(401, "authentication_error"),
            "html": html,
            "list": answering([]),
            "truncated": answering(complete(provider, good, stop=cut)),
            "partial": answering(complete(provider, good[:40], stop=cut)),
            "refusal": answering(complete(provider, "", refusal="I cannot help with that.")),
            "slow": slow,
            "trickle": trickle,
            "hang_up": hang_up,
            "prose": answering(complete(provider, "Sure! Here is your alert.")),
            "made_up": answering(complete(provider, made_up)),
        }[name]

    return respond


@pytest.fixture
def draft(alert: Callable[..., detection_pb2.Alert], explanation: Callable[..., explanation_pb2.Explanation]) -> Draft:
    (draft,) = of_explanation(explanation(alert()))
    return draft


@pytest.fixture
async def providers(llm: Any) -> AsyncIterator[dict[str, Provider]]:
    made: dict[str, Provider] = {
        "openai": OpenAIProvider("sk-open", "gpt-5.4-mini", f"{llm.url}/v1", 2000, 0.3),
        "anthropic": AnthropicProvider("sk-anth", "claude-haiku-5-5", llm.url, 2000),
    }
    yield made
    for provider in made.values():
        await provider.close()


async def write(providers: list[Provider], draft: Draft) -> tuple[alert_pb2.EnrichedAlert, list[Outcome], float]:
    """An enriched alert, what came of each attempt, and how long all of it took."""
    outcomes: list[Outcome] = []
    clock = asyncio.get_running_loop().time
    started = clock()
    enriched = await Authors(providers, DEADLINE_S, outcomes.append).write(draft)
    return enriched, outcomes, clock() - started


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_good_answer_is_published_under_its_authors_name(
    llm: Any, providers: dict[str, Provider], draft: Draft, name: str, good_words: dict[str, Any]
) -> None:
    enriched, outcomes, _ = await write([providers[name]], draft)
    assert enriched.authorship.provider == name
    assert enriched.authorship.model.startswith(("gpt-5.4-mini", "claude-haiku-5-5"))
    assert not enriched.authorship.degraded
    assert {t.language: t.summary for t in enriched.texts} == {k: w["summary"] for k, w in good_words.items()}
    assert enriched.alert == draft.alert
    assert llm.count(name) == 1
    (outcome,) = outcomes
    assert (outcome.word, outcome.tokens_in) == ("written", 900)
    assert outcome.tokens_out in (300, 310)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_the_request_holds_our_instructions_and_the_facts_as_data(
    llm: Any, providers: dict[str, Provider], draft: Draft, name: str
) -> None:
    await write([providers[name]], draft)
    body, headers = llm.requests[name][0]
    messages = (
        body["messages"] if name == "openai" else [{"role": "system", "content": body["system"]}, *body["messages"]]
    )
    system, user = messages
    assert (system["role"], system["content"]) == ("system", instructions())
    assert json.loads(user["content"])["names"]["user"] == draft.alert.user_key
    assert headers["Authorization"] == f"Bearer sk-{name[:4]}"
    assert "traceparent" not in {h.lower() for h in headers}
    assert body["max_tokens"] == 2000
    if name == "openai":
        assert body["temperature"] == 0.3
        assert body["response_format"]["json_schema"]["strict"] is True
    else:
        assert "temperature" not in body
        assert body["output_config"]["format"]["type"] == "json_schema"


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_fault_ends_in_our_own_words_within_the_deadline(
    llm: Any, providers: dict[str, Provider], draft: Draft, fault: Callable[[str, str], Respond], name: str, kind: str
) -> None:
    llm.set(name, fault(name, kind))
    enriched, outcomes, seconds = await write([providers[name]], draft)
    failure, sentence = FAULTS[kind]
    (reason,) = enriched.authorship.degraded
    assert reason.startswith(f"{name}: {failure}: ")
    assert sentence in reason
    assert enriched == enriched_offline(draft, [reason])
    assert llm.count(name) == 1
    assert [o.word for o in outcomes] == [failure]
    assert seconds < DEADLINE_S + SLACK_S


@pytest.mark.parametrize("kind", FAULTS)
async def test_the_next_provider_writes_and_the_first_ones_reason_is_told(
    llm: Any, providers: dict[str, Provider], draft: Draft, fault: Callable[[str, str], Respond], kind: str
) -> None:
    llm.set("openai", fault("openai", kind))
    enriched, outcomes, seconds = await write([providers["openai"], providers["anthropic"]], draft)
    assert enriched.authorship.provider == "anthropic"
    (reason,) = enriched.authorship.degraded
    assert reason.startswith(f"openai: {FAULTS[kind][0]}: ")
    assert (llm.count("openai"), llm.count("anthropic")) == (1, 1)
    assert [o.word for o in outcomes] == [FAULTS[kind][0], "written"]
    assert seconds < DEADLINE_S + SLACK_S


@pytest.mark.parametrize("kind", ["slow", "overload", "made_up"])
async def test_two_faults_are_two_reasons_in_one_deadline(
    llm: Any, providers: dict[str, Provider], draft: Draft, fault: Callable[[str, str], Respond], kind: str
) -> None:
    for name in PROVIDERS:
        llm.set(name, fault(name, kind))
    enriched, _, seconds = await write([providers[name] for name in PROVIDERS], draft)
    assert enriched.authorship.provider == "offline"
    assert [r.split(":")[0] for r in enriched.authorship.degraded] == list(PROVIDERS)
    assert (llm.count("openai"), llm.count("anthropic")) == (1, 1)
    assert seconds < DEADLINE_S + SLACK_S


@pytest.mark.parametrize("kind", ["truncated", "refusal", "made_up"])
@pytest.mark.parametrize("name", PROVIDERS)
async def test_what_a_failed_answer_cost_is_told_all_the_same(
    llm: Any, providers: dict[str, Provider], draft: Draft, fault: Callable[[str, str], Respond], name: str, kind: str
) -> None:
    llm.set(name, fault(name, kind))
    _, (outcome,), _ = await write([providers[name]], draft)
    assert outcome.tokens_in == 900
    assert outcome.tokens_out in (300, 310)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_nobody_listening_is_unavailable(draft: Draft, name: str) -> None:
    nowhere = "http://127.0.0.1:9"
    provider: Provider = (
        OpenAIProvider("k", "m", nowhere, 100, None) if name == "openai" else AnthropicProvider("k", "m", nowhere, 100)
    )
    enriched, _, _ = await write([provider], draft)
    assert enriched.authorship.degraded[0].startswith(f"{name}: unavailable: ")
    await provider.close()


class Unforeseen:
    """A provider whose SDK raises what nobody expects of it."""

    name = "openai"

    async def complete(self, prompt: object, deadline: float) -> Any:
        raise RecursionError("deep inside")

    async def close(self) -> None:
        """Nothing to close."""


async def test_an_error_nobody_foresaw_costs_no_words(draft: Draft) -> None:
    enriched, (outcome,), _ = await write([Unforeseen()], draft)
    assert enriched.authorship.degraded == ["openai: unavailable: The attempt failed (RecursionError)."]
    assert outcome.word == "unavailable"


def test_each_server_is_asked_in_its_own_dialect() -> None:
    own = request_options("gpt-5.4-mini", "https://api.openai.com/v1", 2000, 0.3)
    assert (own["max_completion_tokens"], own["reasoning_effort"], own["temperature"]) == (2000, "none", 0.3)
    older = request_options("gpt-4.1-mini", "https://eu.api.openai.com/v1", 2000, None)
    assert "reasoning_effort" not in older and "temperature" not in older
    other = request_options("qwen3", "http://127.0.0.1:8080/v1", 2000, 0.3)
    assert other["max_tokens"] == 2000
    assert "max_completion_tokens" not in other and "reasoning_effort" not in other
