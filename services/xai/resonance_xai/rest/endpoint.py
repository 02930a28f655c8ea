"""`POST /explain`, and what is shown of each model and of the cache."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Final

import msgspec
from aiohttp import web
from pydantic import ValidationError

from resonance_attribution.deadline import Deadline
from resonance_narration import Language
from resonance_runtime.errors import Problem
from resonance_xai.asked.errors import WrongQuestion
from resonance_xai.asked.methods import USUAL, Method, Wanted, check_enabled
from resonance_xai.asked.rows import DIGITS
from resonance_xai.asked.subject import Subject
from resonance_xai.asked.surrogate import DEPTH, Surrogate
from resonance_xai.plots.figures import Format
from resonance_xai.rest.answering import Answered, Imitate, answer
from resonance_xai.rest.cache import AnswerCache, key_of
from resonance_xai.rest.explainable import Shelf
from resonance_xai.rest.flagged import Flagged, answer_flagged
from resonance_xai.rest.libraries import import_for
from resonance_xai.rest.portraits import Portraits
from resonance_xai.rest.problems import of_validation
from resonance_xai.rest.question import OF_FLAGGED, Question
from resonance_xai.rest.serving import as_json, guarded, language_of, picture
from resonance_xai.rest.workshop import Workshop

LARGEST_BODY: Final = 1024 * 1024
INLINE_BYTES: Final = 64 * 1024
"""Pictures up to this size are in the answer; larger ones are fetched by their link."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be answered.

    Attributes:
        content: All that an answer depends on beside the question: model, version, and which vector.
        answer: Makes it; in the workshop.
        keep: Whether the answer may still be remembered.
    """

    content: str
    answer: Callable[[Wanted, Deadline, Imitate], Answered]
    keep: Callable[[], bool] = lambda: True


class ExplainEndpoint:
    """Answers questions over HTTP.

    Args:
        shelf: Where models are found.
        workshop: Where answers are made.
        cache: Answers that were given before.
        portraits: Trees and overviews, used in the workshop alone.
        enabled: Methods that may be asked for.
        flagged: Vectors that were flagged; None where there are none.
    """

    def __init__(
        self,
        shelf: Shelf,
        workshop: Workshop,
        cache: AnswerCache,
        portraits: Portraits,
        enabled: frozenset[Method],
        flagged: Flagged | None = None,
    ) -> None:
        self._shelf, self._workshop, self._cache = shelf, workshop, cache
        self._portraits, self._enabled, self._flagged = portraits, enabled, flagged

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
                "usage": "POST /explain with a JSON object: 'features' has a number for each of 'columns'."
                + (f" Or {', '.join(OF_FLAGGED)}, of a vector that was flagged." if self._flagged is not None else ""),
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
        wanted = self._wanted(question, request)
        deadline = Deadline(question.deadline_ms / 1000)
        asked = await self._asked(question)
        kept = frozenset(wanted.methods)
        key = key_of(asked.content, question, wanted)
        known = await self._cache.get(key, kept)
        if known is not None:
            return _sent(known, cached=True, started=started)
        found = await self._workshop.do(lambda: self._answer(asked, wanted, deadline))
        found.body["id"] = key
        found.body["plots"] = [_plot(key, name, data) for name, data in found.pictures.items()]
        body = msgspec.json.encode(found.body)
        if asked.keep() and not found.partial:
            await self._cache.put(key, kept, body, found.pictures)
        elif asked.keep():
            for name, data in found.pictures.items():
                await self._cache.put_picture(f"{key}/{name}", kept, data)
        return _sent(body, cached=False, started=started, partial=found.partial)

    async def _asked(self, question: Question) -> _Asked:
        if not question.flagged:
            model = await self._shelf.get(question.model_name, question.model_version)
            return _Asked(f"{model.name}/{model.version}", partial(answer, model, question))
        if self._flagged is None:
            raise WrongQuestion("No vectors are flagged here: expected 'features'.")
        cases, case = self._flagged.cases, await self._flagged.find(question)
        content = sha256(case.anomaly.SerializeToString(deterministic=True)).hexdigest()
        return _Asked(content, partial(answer_flagged, case, question), lambda: cases.known(case.anomaly))

    def _answer(self, asked: _Asked, wanted: Wanted, deadline: Deadline) -> Answered:
        # Whoever asks first waits for the libraries, and has as much time as everybody after that.
        deadline.later(import_for(wanted.methods))

        def imitate(subject: Subject) -> Surrogate:
            return self._portraits.tree(subject, DEPTH)

        return asked.answer(wanted, deadline, imitate)

    def _wanted(self, question: Question, request: web.Request) -> Wanted:
        methods = question.methods or tuple(method for method in USUAL if method in self._enabled)
        check_enabled(methods, self._enabled)
        language = question.language or language_of(request)
        return Wanted(tuple(dict.fromkeys(methods)), language, question.suggestions, question.formats)

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
        return as_json({"cleared": await self.clear_cache(Method(name) if name is not None else None)})

    async def clear_cache(self, method: Method | None = None) -> int:
        """Forgets answers: those that a method had a part in, or all; how many there were here.

        Trees, and what the stream remembers of Shapley values, go with them.

        Raises:
            Unavailable: What replicas share was not cleared: Redis does not answer.
        """
        if method in (None, Method.TREE, Method.PLOTS):
            await self._workshop.do(self._portraits.clear)
        return await self._cache.clear_cache(method)


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
