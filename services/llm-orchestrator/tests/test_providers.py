"""What each SDK sends: our instructions and the facts as data, in the dialect of the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_llm_orchestrator.alerts.authors import Authors
from resonance_llm_orchestrator.drafts import Draft, of_explanation
from resonance_llm_orchestrator.enriched import enriched_offline
from resonance_llm_orchestrator.providers.openai_provider import OpenAIProvider, request_options
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, Provider, Rejected
from resonance_llm_orchestrator.writing.prompts import instructions
from resonance_narration import Language
from tests.support.llm_server import LlmServer, llm_server
from tests.support.llm_writer import Scene, brief, provider, scene

PROVIDERS = ("openai", "anthropic")


@pytest.fixture
def draft(alert: Callable[..., detection_pb2.Alert], explanation: Callable[..., explanation_pb2.Explanation]) -> Draft:
    (draft,) = of_explanation(explanation(alert()))
    return draft


@pytest.fixture
async def server() -> AsyncIterator[LlmServer]:
    async with llm_server() as running:
        yield running


@pytest.fixture
async def made(server: LlmServer) -> AsyncIterator[Callable[..., Scene]]:
    scenes: list[Scene] = []

    def make(*names: str, **options: Any) -> Scene:
        scenes.append(scene([provider(name, server.url) for name in names], **options))
        return scenes[-1]

    yield make
    for one in scenes:
        await one.writer.close()


async def enriched(writer: Scene, draft: Draft, *languages: Language) -> alert_pb2.EnrichedAlert:
    return await Authors(writer.writer, 2.0, languages or tuple(Language)).write(draft)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_good_answer_is_published_under_its_authors_name(
    server: LlmServer, made: Callable[..., Scene], draft: Draft, name: str
) -> None:
    writer = made(name)
    alert = await enriched(writer, draft)
    assert alert.authorship.provider == name
    assert alert.authorship.model.startswith(("gpt-5.4-mini", "claude-haiku-5-5"))
    assert not alert.authorship.degraded
    assert alert.alert == draft.alert
    assert server.count(name) == 1
    (outcome,) = writer.outcomes
    assert outcome.word == "written"
    assert outcome.usage is not None and outcome.usage.tokens_in == 900


async def test_languages_that_providers_are_not_asked_for_are_our_own(
    server: LlmServer, made: Callable[..., Scene], draft: Draft
) -> None:
    alert = await enriched(made("openai"), draft, Language.RUSSIAN)
    ours = {text.language: text for text in enriched_offline(draft).texts}
    texts = {text.language: text for text in alert.texts}
    assert texts["en"] == ours["en"]
    assert texts["ru"] != ours["ru"]
    schema = server.requests["openai"][0]["response_format"]["json_schema"]["schema"]
    assert list(schema["properties"]) == ["ru"]


@pytest.mark.parametrize("name", PROVIDERS)
async def test_the_request_holds_our_instructions_and_the_facts_as_data(llm: Any, draft: Draft, name: str) -> None:
    asked = provider(name, llm.url)
    await enriched(scene([asked]), draft)
    await asked.close()
    body, headers = llm.requests[name][0]
    messages = (
        body["messages"] if name == "openai" else [{"role": "system", "content": body["system"]}, *body["messages"]]
    )
    system, user = messages
    assert (system["role"], system["content"]) == ("system", instructions("generate_smart_alert").text)
    assert json.loads(user["content"])["facts"]["names"]["user"].startswith("<user:")
    assert draft.alert.user_key not in str(body)
    assert headers["Authorization"] == f"Bearer sk-{name[:4]}"
    assert "traceparent" not in {h.lower() for h in headers}
    assert body["max_tokens"] == 2000
    if name == "openai":
        assert body["temperature"] == 0.3
        assert body["response_format"]["json_schema"]["strict"] is True
    else:
        assert "temperature" not in body
        assert body["output_config"]["format"]["type"] == "json_schema"


@pytest.mark.parametrize("name", PROVIDERS)
async def test_the_second_try_holds_the_first_answer_and_the_complaint(server: LlmServer, name: str) -> None:
    asked = provider(name, server.url)
    prompt = Prompt("any.v1", "Write.", '{"languages":["en"]}', None, Rejected("Sure!", "That is no JSON."))
    found = await asked.complete(prompt, deadline())
    await asked.close()
    turns = [(m["role"], m["content"]) for m in server.requests[name][0]["messages"] if m["role"] != "system"]
    assert turns == [("user", prompt.data), ("assistant", "Sure!"), ("user", "That is no JSON.")]
    assert "response_format" not in server.requests[name][0] and "output_config" not in server.requests[name][0]
    assert found.text


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_stream_gives_pieces_and_then_the_whole(server: LlmServer, name: str) -> None:
    asked = provider(name, server.url)
    stream = asked.stream(Prompt("any.v1", "Write.", '{"languages":["ru"]}'), deadline())
    got = [piece async for piece in stream]
    await asked.close()
    *pieces, end = got
    assert isinstance(end, Completion)
    assert "".join(map(str, pieces)) == end.text
    assert json.loads(end.text)["ru"]["title"]
    assert end.usage is not None and end.usage.tokens_in == 900
    assert server.requests[name][0]["stream"] is True


class Unforeseen:
    """A provider whose SDK raises what nobody expects of it."""

    name = "openai"
    model = "gpt-5.4-mini"
    max_tokens = 100

    async def complete(self, prompt: object, deadline: float) -> Any:
        raise RecursionError("deep inside")

    def stream(self, prompt: object, deadline: float) -> Any:
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing to close."""


async def test_an_error_nobody_foresaw_costs_no_words() -> None:
    played = scene([Unforeseen()])
    wording, _ = await played.write(brief(critical=True))
    assert wording.degraded == ("openai: unavailable: The attempt failed (RecursionError).",)
    assert [outcome.word for outcome in played.outcomes] == ["unavailable"]


def test_each_server_is_asked_in_its_own_dialect() -> None:
    own = request_options("gpt-5.4-mini", "https://api.openai.com/v1", 2000, 0.3)
    assert (own["max_completion_tokens"], own["reasoning_effort"], own["temperature"]) == (2000, "none", 0.3)
    older = request_options("gpt-4.1-mini", "https://eu.api.openai.com/v1", 2000, None)
    assert "reasoning_effort" not in older and "temperature" not in older
    other = request_options("qwen3", "http://127.0.0.1:8080/v1", 2000, 0.3)
    assert other["max_tokens"] == 2000
    assert "max_completion_tokens" not in other and "reasoning_effort" not in other


async def test_a_provider_has_the_name_that_the_routes_give_it() -> None:
    local: Provider = OpenAIProvider("none", "qwen3", "http://127.0.0.1:9", 100, None, name="local")
    assert (local.name, local.model) == ("local", "qwen3")
    await local.close()


def deadline() -> float:
    return asyncio.get_running_loop().time() + 5.0
