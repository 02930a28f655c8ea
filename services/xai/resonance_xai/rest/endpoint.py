"""`POST /explain`, and what is shown of each model and of the cache."""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
from aiohttp import web
from pydantic import ValidationError

from resonance_attribution.deadline import Deadline
from resonance_narration import Language
from resonance_runtime import metrics
from resonance_runtime.errors import Problem
from resonance_xai.asked.subject import Subject
from resonance_xai.asked.surrogate import DEPTH, Surrogate
from resonance_xai.plots.figures import Format
from resonance_xai.rest.answering import Answered, answer
from resonance_xai.rest.cache import AnswerCache, key_of
from resonance_xai.rest.explainable import Explainable, Shelf
from resonance_xai.rest.libraries import import_for
from resonance_xai.rest.portraits import Portraits
from resonance_xai.rest.problems import answer_of, of_validation, problem_of
from resonance_xai.rest.question import DIGITS, USUAL, Method, Question
from resonance_xai.rest.workshop import Workshop

LARGEST_BODY: Final = 1024 * 1024
INLINE_BYTES: Final = 64 * 1024
"""Pictures up to this size are in the answer; larger ones are fetched by their link."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ExplainEndpoint:
    """Answers questions over HTTP.

    Args:
        shelf: Where models are found.
        workshop: Where answers are made.
        cache: Answers that were given before.
        portraits: Trees and overviews, used in the workshop alone.
        enabled: Methods that may be asked for.
    """

    def __init__(
        self, shelf: Shelf, workshop: Workshop, cache: AnswerCache, portraits: Portraits, enabled: frozenset[Method]
    ) -> None:
        self._shelf, self._workshop, self._cache = shelf, workshop, cache
        self._portraits, self._enabled = portraits, enabled

    def routes(self) -> list[web.RouteDef]:
        """What it serves."""
        return [
            web.get("/explain", guarded("explain", self._usage)),
            web.post("/explain", guarded("explain", self._explain)),
            web.get("/explain/answers/{key}/{file}", guarded("plots", self._picture)),
            web.get("/explain/cache", guarded("cache", self._cache_state)),
            web.delete("/explain/cache", guarded("cache", self._clear_cache)),
        ]

    async def _usage(self, request: web.Request) -> web.Response:
        model = await self._shelf.get(request.query.get("model_name"), request.query.get("model_version"))
        return as_json(
            {
                "usage": "POST /explain with a JSON object: 'features' has a number for each of 'columns'.",
                "model_name": model.name,
                "columns": [
                    {"name": c.name, "whole": c.whole, "can_be_changed": c.change}
                    | ({"lower": c.lower, "upper": c.upper} if model.bounded and c.upper < float("inf") else {})
                    for c in model.columns
                ],
                "significant_digits": DIGITS,
                "methods": sorted(self._enabled),
                "languages": list(Language),
                "question": Question.model_json_schema(),
            }
        )

    async def _explain(self, request: web.Request) -> web.Response:
        started = time.monotonic()
        question = await _question(request)
        methods = self._methods(question)
        language = question.language or language_of(request)
        deadline = Deadline(question.deadline_ms / 1000)
        model = await self._shelf.get(question.model_name, question.model_version)
        version, kept = model.version, frozenset(methods)
        key = key_of(f"{model.name}/{version}", question, methods, language)
        known = await self._cache.get(key, kept)
        if known is not None:
            return _sent(known, cached=True, started=started)
        found = await self._workshop.do(lambda: self._answer(model, question, methods, language, deadline))
        found.body["id"] = key
        found.body["plots"] = [_plot(key, name, data) for name, data in found.pictures.items()]
        body = msgspec.json.encode(found.body)
        if not found.partial:
            await self._cache.put(key, kept, body, found.pictures)
        else:
            for name, data in found.pictures.items():
                await self._cache.put_picture(f"{key}/{name}", kept, data)
        return _sent(body, cached=False, started=started, partial=found.partial)

    def _answer(
        self, model: Explainable, question: Question, methods: tuple[Method, ...], language: str, deadline: Deadline
    ) -> Answered:
        # Whoever asks first waits for the libraries, and has as much time as everybody after that.
        deadline.later(import_for(methods))

        def imitate(subject: Subject) -> Surrogate:
            return self._portraits.tree(subject, DEPTH)

        return answer(model, question, methods, language, deadline, imitate)

    def _methods(self, question: Question) -> tuple[Method, ...]:
        wanted = question.methods or tuple(method for method in USUAL if method in self._enabled)
        off = [method for method in wanted if method not in self._enabled]
        if off or not wanted:
            raise Problem(
                422,
                "A method that is off",
                f"{', '.join(off) or 'Every method'} is switched off here, by XAI_ENABLE_SHAP or XAI_ENABLE_LIME; "
                f"expected one of {', '.join(sorted(self._enabled))}.",
            )
        return tuple(dict.fromkeys(wanted))

    async def _picture(self, request: web.Request) -> web.Response:
        name = f"{request.match_info['key']}/{request.match_info['file']}"
        data = await self._cache.picture(name)
        if data is None:
            raise Problem(404, "No such picture", "It is not kept any more: ask POST /explain again.")
        return picture(data, Format.SVG if name.endswith(".svg") else Format.PNG)

    async def _cache_state(self, _: web.Request) -> web.Response:
        return as_json(self._cache.state())

    async def _clear_cache(self, request: web.Request) -> web.Response:
        name = request.query.get("method")
        if name is not None and name not in set(Method):
            raise Problem(422, "Unknown method", f"Expected one of {', '.join(Method)}, got {name[:100]!r}.")
        method = Method(name) if name is not None else None
        if method in (None, Method.TREE, Method.PLOTS):
            await self._workshop.do(self._portraits.clear)
        return as_json({"cleared": await self._cache.clear(method)})


def guarded(route: str, handler: Handler) -> Handler:
    """A handler whose errors are problems, and whose answers are counted and timed."""

    async def answer_(request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        try:
            response = await handler(request)
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            response = answer_of(problem)
        outcome = _outcome(response)
        metrics.XAI_QUESTION_SECONDS.labels(route=route, outcome=outcome).observe(time.perf_counter() - began)
        return response

    return answer_


def language_of(request: web.Request) -> str:
    """The language of a request: what is asked for in the query, else the first of Accept-Language that is spoken."""
    asked = request.query.get("language")
    if asked is not None:
        if asked not in set(Language):
            raise Problem(422, "Unknown language", f"Expected one of {', '.join(Language)}, got {asked[:100]!r}.")
        return asked
    for part in request.headers.get("Accept-Language", "").split(","):
        tag = part.split(";")[0].strip().lower()[:2]
        if tag in set(Language):
            return tag
    return Language.ENGLISH


def as_json(body: Any) -> web.Response:
    """An answer in JSON."""
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


def picture(data: bytes, format_: Format) -> web.Response:
    """A picture; what is in an SVG may run nothing and load nothing."""
    return web.Response(
        body=data,
        content_type=format_.content_type,
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:"},
    )


async def _question(request: web.Request) -> Question:
    if (request.content_length or 0) <= LARGEST_BODY:
        with suppress(web.HTTPRequestEntityTooLarge):
            body = await request.read()
            if len(body) <= LARGEST_BODY:
                try:
                    return Question.model_validate_json(body)
                except ValidationError as error:
                    raise of_validation(error) from error
    raise Problem(413, "Body too large", f"Expected at most {LARGEST_BODY} bytes.")


def _plot(key: str, name: str, data: bytes) -> dict[str, Any]:
    kind, _, ending = name.rpartition(".")
    found: dict[str, Any] = {
        "name": kind,
        "format": ending,
        "content_type": Format(ending).content_type,
        "href": f"/explain/answers/{key}/{name}",
        "bytes": len(data),
    }
    if len(data) <= INLINE_BYTES:
        found["data"] = base64.b64encode(data).decode()
    return found


def _sent(body: bytes, *, cached: bool, started: float, partial: bool = False) -> web.Response:
    """An answer; whether it was made now is said beside it, so that equal questions have equal bodies."""
    headers = {
        "X-Cache": "hit" if cached else "miss",
        "Server-Timing": f"explain;dur={1000 * (time.monotonic() - started):.1f}",
    }
    if partial:
        headers["X-Partial"] = "true"
    return web.Response(body=body, content_type="application/json", headers=headers)


def _outcome(response: web.StreamResponse) -> str:
    if response.status < 400:
        return "partial" if "X-Partial" in response.headers else "answered"
    return "unavailable" if response.status == 503 else "refused" if response.status < 500 else "failed"
