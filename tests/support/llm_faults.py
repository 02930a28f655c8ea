"""The faults of providers of words that were seen in the wild, each as what a server answers."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from tests.support.llm_server import OPENAI, Respond, completion, events, streamed, words_for


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        about: What it is, for readers of the table.
        respond: What the server answers; None where nobody listens.
        kind: Kind of failure that it becomes.
        requests: Requests that one question makes of this provider alone, within a deadline of 1.5 s.
        stays: Whether it answers so to every request, and not to the first alone.
    """

    about: str
    respond: Respond | None
    kind: str
    requests: int
    stays: bool = True


def _status(status: int, code: str, headers: dict[str, str] | None = None, message: str = "No.") -> Respond:
    async def respond(_: web.Request, provider: str, __: dict[str, Any]) -> web.StreamResponse:
        error = {"type": code, "code": code if provider == OPENAI else None, "message": message}
        return web.json_response({"type": "error", "error": error}, status=status, headers=headers)

    return respond


def _too_long() -> Respond:
    async def respond(request: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
        if provider == OPENAI:
            return await _status(400, "context_length_exceeded")(request, provider, body)
        sentence = "prompt is too long: 1208310 tokens > 1000000 maximum"
        return await _status(400, "invalid_request_error", None, sentence)(request, provider, body)

    return respond


async def _quota(request: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
    status, code = (429, "insufficient_quota") if provider == OPENAI else (402, "billing_error")
    return await _status(status, code)(request, provider, body)


async def _html(_: web.Request, __: str, ___: dict[str, Any]) -> web.StreamResponse:
    return web.Response(text="<html>Welcome to the captive portal</html>", content_type="text/html")


async def _missing(_: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
    answer = completion(provider, words_for(provider, body))
    del answer["choices" if provider == OPENAI else "stop_reason"]
    return web.json_response(answer)


async def _refusal(_: web.Request, provider: str, __: dict[str, Any]) -> web.StreamResponse:
    return web.json_response(completion(provider, "", refusal="I cannot help with that."))


async def _truncated(request: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
    """Whole words, but for what the provider says: it stopped at the limit."""
    cut = "length" if provider == OPENAI else "max_tokens"
    text = words_for(provider, body)
    if body.get("stream"):
        return await streamed(request, events(provider, text, cut))
    return web.json_response(completion(provider, text, stop=cut))


async def _made_up(_: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
    words = json.loads(words_for(provider, body))
    next(iter(words.values()))["summary"] += " 424242."
    return web.json_response(completion(provider, json.dumps(words, ensure_ascii=False)))


async def _prose(_: web.Request, provider: str, __: dict[str, Any]) -> web.StreamResponse:
    return web.json_response(completion(provider, "Sure! Here is your alert."))


async def _silent(_: web.Request, __: str, ___: dict[str, Any]) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def _drip(request: web.Request, _: str, body: dict[str, Any]) -> web.StreamResponse:
    """A byte now and then: no single read is ever slow."""
    kind = "text/event-stream" if body.get("stream") else "application/json"
    response = web.StreamResponse(headers={"content-type": kind})
    await response.prepare(request)
    with suppress(ConnectionResetError):
        while True:
            await response.write(b":\n" if body.get("stream") else b" ")
            await asyncio.sleep(0.02)
    return response


async def _cut(request: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
    """Promises more than it sends, and hangs up."""
    text = words_for(provider, body)
    if body.get("stream"):
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for part in events(provider, text)[:3]:
            await response.write(part.encode())
    else:
        length = {"content-type": "application/json", "content-length": "1000"}
        response = web.StreamResponse(headers=length)
        await response.prepare(request)
        await response.write(b'{"id": "msg')
    await asyncio.sleep(0.02)
    assert request.transport is not None
    request.transport.close()
    return response


async def _ends_early(request: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
    """A stream that ends in order, without a word of why."""
    return await streamed(request, events(provider, words_for(provider, body))[:3])


async def _stalls(request: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for part in events(provider, words_for(provider, body))[:3]:
        await response.write(part.encode())
    await asyncio.sleep(60)
    return response


async def _overload_inside(request: web.Request, provider: str, body: dict[str, Any]) -> web.StreamResponse:
    error = {"type": "overloaded_error", "message": "Overloaded"}
    parts = events(provider, words_for(provider, body))[:3]
    event = json.dumps({"type": "error", "error": error})
    return await streamed(request, [*parts, f"event: error\ndata: {event}\n\n"])


HOUR: Final = {"retry-after": "3600"}
FAULTS: Final[dict[str, Fault]] = {
    "429": Fault("429 without Retry-After, once", _status(429, "rate_limit_error"), "limit", 2, stays=False),
    "429_soon": Fault(
        "429 with Retry-After of 300 ms, once",
        _status(429, "rate_limit_error", {"retry-after-ms": "300"}),
        "limit",
        2,
        stays=False,
    ),
    "429_always": Fault("429 without Retry-After, always", _status(429, "rate_limit_error"), "limit", 2),
    "429_hour": Fault("429 with Retry-After of an hour", _status(429, "rate_limit_error", HOUR), "limit", 1),
    "quota": Fault("the account is empty (429 insufficient_quota; 402)", _quota, "quota", 1),
    "401": Fault("401, the key is refused", _status(401, "authentication_error"), "auth", 1),
    "500": Fault("500, once", _status(500, "api_error"), "unavailable", 2, stays=False),
    "500_always": Fault("500, always", _status(500, "api_error"), "unavailable", 2),
    "529": Fault("529, overloaded, once", _status(529, "overloaded_error"), "overload", 2, stays=False),
    "too_long": Fault("400, the prompt is too long", _too_long(), "context_too_long", 1),
    "refusal": Fault("200, the model refuses", _refusal, "refusal", 1),
    "html": Fault("200 with an HTML page", _html, "broken_answer", 1),
    "missing": Fault("200 without a required field", _missing, "broken_answer", 1),
    "prose": Fault("200 with prose instead of JSON, once", _prose, "broken_answer", 2, stays=False),
    "made_up": Fault("200 with a number that nobody told it, always", _made_up, "broken_answer", 2),
    "truncated": Fault("200, ended at the longest answer", _truncated, "broken_answer", 1),
    "cut": Fault("the connection is cut in the answer", _cut, "unavailable", 2),
    "silent": Fault("no answer at all", _silent, "timeout", 1),
    "drip": Fault("a byte every 20 ms, without end", _drip, "timeout", 1),
    "refused": Fault("the connection is refused", None, "unavailable", 0),
}
"""Of whole answers."""

STREAM_FAULTS: Final[dict[str, Fault]] = {
    "429": FAULTS["429_always"],
    "529": Fault("529, overloaded", _status(529, "overloaded_error"), "overload", 1),
    "cut": Fault("cut in the middle", _cut, "unavailable", 1),
    "stalled": Fault("silent in the middle", _stalls, "timeout", 1),
    "ends_early": Fault("ended in order, without a finish reason", _ends_early, "broken_answer", 1),
    "truncated": Fault("ended at the longest answer", _truncated, "broken_answer", 1),
    "error_inside": Fault("an error in the middle", _overload_inside, "overload", 1),
    "html": Fault("an HTML page instead", _html, "broken_answer", 1),
    "drip": Fault("comments without end", _drip, "timeout", 1),
}
"""Of streams."""
