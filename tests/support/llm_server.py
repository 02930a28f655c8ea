"""A server on the loopback that speaks the protocols of both providers of words, also streaming, and has faults.

What it answers is a plan: one fault for each request, in order; when the plan is over, it answers well.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

OPENAI: Final = "openai"
ANTHROPIC: Final = "anthropic"
PROVIDERS: Final = (OPENAI, ANTHROPIC)

WORDS: Final[dict[str, dict[str, Any]]] = {
    "en": {
        "title": "Message flood by one user",
        "summary": "The user sent 187 messages a minute, where 12.5 are usual.",
        "recommendations": ["Limit the user to 100 messages a minute.", "Ask whether a client is in a loop."],
    },
    "ru": {
        "title": "Поток сообщений от одного пользователя",
        "summary": "Пользователь отправил 187 сообщений в минуту, обычно 12,5.",
        "recommendations": ["Ограничьте пользователя 100 сообщениями в минуту."],
    },
}
OF_ANYTHING: Final[dict[str, dict[str, Any]]] = {
    "en": {
        "title": "Out of the ordinary",
        "summary": "The facts differ from what is usual, as the attributions show.",
        "recommendations": ["Look at the latest change first.", "Ask whether a client is in a loop."],
    },
    "ru": {
        "title": "Необычное поведение",
        "summary": "Факты отличаются от обычных, как показывают вклады признаков.",
        "recommendations": ["Сначала проверьте последнее изменение."],
    },
}
"""They hold no number, so they are right of whatever is asked about."""
FACTS: Final = {"messages_per_minute": 187.0, "usual": 12.5, "limit": 100}
"""Facts that hold every number of `WORDS`."""
TOKENS: Final = {OPENAI: (900, 300), ANTHROPIC: (900, 310)}
"""Tokens in and out that an answer says it cost."""

Respond = Callable[[web.Request, str, dict[str, Any]], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class LlmServer:
    """The server.

    Attributes:
        url: Where it listens; OpenAI's base URL is `<url>/v1`.
        plan: What is still to be answered, by provider.
        requests: Bodies that came, by provider.
        seconds: Time that a good answer takes.
    """

    url: str = ""
    plan: dict[str, list[Respond]] = field(default_factory=lambda: {name: [] for name in PROVIDERS})
    requests: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in PROVIDERS})
    seconds: float = 0.0

    def count(self, provider: str) -> int:
        """Requests that a provider got."""
        return len(self.requests[provider])

    async def openai(self, request: web.Request) -> web.StreamResponse:
        """A request in OpenAI's protocol."""
        return await self.answer(request, OPENAI)

    async def anthropic(self, request: web.Request) -> web.StreamResponse:
        """A request in Anthropic's protocol."""
        return await self.answer(request, ANTHROPIC)

    async def answer(self, request: web.Request, provider: str) -> web.StreamResponse:
        """As the plan has it."""
        body = await request.json()
        self.requests[provider].append(body)
        if self.plan[provider]:
            return await self.plan[provider].pop(0)(request, provider, body)
        await asyncio.sleep(self.seconds)
        return await well(request, provider, body)


@asynccontextmanager
async def llm_server(port: int = 0) -> AsyncIterator[LlmServer]:
    """The server, as long as it is needed; at a port of its own where none is given."""
    server = LlmServer()
    app = web.Application(client_max_size=16 * 2**20)
    app.router.add_post("/v1/chat/completions", server.openai)
    app.router.add_post("/v1/messages", server.anthropic)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def asked_of(body: dict[str, Any]) -> dict[str, Any]:
    """The data that a request is about."""
    data: dict[str, Any] = json.loads(next(m["content"] for m in body["messages"] if m["role"] == "user"))
    return data


def words_for(provider: str, body: dict[str, Any], words: dict[str, dict[str, Any]] = WORDS) -> str:
    """Good words in the languages that a request wants; of a critic, that it has nothing to object to."""
    data = asked_of(body)
    if "principles" in data:
        return critique(data, {}, None)
    return json.dumps({language: words[language] for language in data["languages"]}, ensure_ascii=False)


def critique(data: dict[str, Any], objections: dict[str, str], words: dict[str, Any] | None) -> str:
    """A critic's answer: reasons by the principle that does not hold ("facts" too), and its own words."""

    def said(name: str) -> dict[str, Any]:
        return {"held": name not in objections, "reason": objections.get(name, "")}

    findings = {name: said(name) for name in data["principles"]}
    return json.dumps({"principles": findings, "facts": said("facts"), "words": words}, ensure_ascii=False)


def objecting(objections: dict[str, str], words: dict[str, Any] | None) -> Respond:
    """Answers as a critic who objects."""

    async def respond(_: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response(completion(provider, critique(asked_of(body), objections, words)))

    return respond


async def well(
    request: web.Request, provider: str, body: dict[str, Any], words: dict[str, dict[str, Any]] = WORDS
) -> web.StreamResponse:
    """A good answer, streamed where that is asked for."""
    text = words_for(provider, body, words)
    if body.get("stream"):
        return await streamed(request, events(provider, text))
    return web.json_response(completion(provider, text))


def completion(provider: str, text: str, stop: str | None = None, refusal: str | None = None) -> dict[str, Any]:
    """A body as the provider sends it; `stop` replaces its word for "ended by itself"."""
    tokens_in, tokens_out = TOKENS[provider]
    if provider == OPENAI:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-5.4-mini-2026-03-17",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": stop or "stop",
                    "message": {"role": "assistant", "content": None if refusal else text, "refusal": refusal},
                    "logprobs": None,
                }
            ],
            "usage": {
                "prompt_tokens": tokens_in,
                "completion_tokens": tokens_out,
                "total_tokens": tokens_in + tokens_out,
            },
        }
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-5-5",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "refusal" if refusal else stop or "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": tokens_in - 50, "cache_read_input_tokens": 50, "output_tokens": tokens_out},
    }


def events(provider: str, text: str, stop: str | None = None, pieces: int = 4) -> list[str]:
    """The same as events of a stream, a piece of the text each."""
    size = max(1, -(-len(text) // pieces))
    parts = [text[i : i + size] for i in range(0, len(text), size)]
    tokens_in, tokens_out = TOKENS[provider]
    if provider == OPENAI:
        made: list[Any] = [
            {"id": "c", "model": "gpt-5.4-mini", "choices": [{"index": 0, "delta": {"content": p}}]} for p in parts
        ]
        made.append({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": stop or "stop"}]})
        usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}
        made.append({"id": "c", "choices": [], "usage": usage})
        return [*(f"data: {json.dumps(e)}\n\n" for e in made), "data: [DONE]\n\n"]
    start = {"model": "claude-haiku-5-5", "usage": {"input_tokens": tokens_in, "output_tokens": 1}}
    made = [{"type": "message_start", "message": start}]
    made += [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": p}} for p in parts]
    made.append(
        {"type": "message_delta", "delta": {"stop_reason": stop or "end_turn"}, "usage": {"output_tokens": tokens_out}}
    )
    made.append({"type": "message_stop"})
    return [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in made]


async def streamed(request: web.Request, parts: list[str], pause_s: float = 0.0) -> web.StreamResponse:
    """Sends parts of a stream, and ends it in order."""
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for part in parts:
        await response.write(part.encode())
        await asyncio.sleep(pause_s)
    await response.write_eof()
    return response
