"""`GET /predict` and `POST /predict`; errors are problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec
from aiohttp import web
from pydantic import ValidationError

from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_predictor.answers import USAGE, Question, answer
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.questioning import timed
from resonance_predictor.rules import RuleBook
from resonance_runtime.errors import Problem
from resonance_runtime.problems import response_of

LARGEST_BODY: Final = 64 * 1024

InForce = Callable[[], tuple[RuleBook, *tuple[Ensemble | None, ...]]]
"""The rules, the champion, and who answers where that fails."""

Versions = Callable[[], Mapping[str, Sequence[str]]]
"""The versions that are loaded, the champion first, and the aliases that name each."""


class Endpoint:
    """Answers questions about one vector, by the rules and the model in force."""

    def __init__(self, in_force: InForce, versions: Versions = dict) -> None:
        self._in_force = in_force
        self._versions = versions

    def routes(self) -> list[web.RouteDef]:
        """What it serves."""
        return [web.get("/predict", self._usage), web.post("/predict", timed("predict", _model, self._predict))]

    async def _usage(self, _: web.Request) -> web.Response:
        return _json(USAGE | {"versions": self._versions()})

    async def _predict(self, request: web.Request) -> web.Response:
        if (request.content_length or 0) <= LARGEST_BODY:
            with suppress(web.HTTPRequestEntityTooLarge):
                body = await request.read()
                if len(body) <= LARGEST_BODY:
                    return self._answer(body)
        return response_of(
            Problem(413, "Body too large", f"Expected at most {LARGEST_BODY} bytes; one vector needs a thousand.")
        )

    def _answer(self, body: bytes) -> web.Response:
        try:
            question = Question.model_validate_json(body)
        except ValidationError as error:
            return response_of(_wrong(error))
        return _json(answer(question, *self._in_force()))


def _model(_: web.Request) -> str:
    return ANOMALY_DETECTION


def _wrong(error: ValidationError) -> Problem:
    faults = error.errors()
    if faults[0]["type"] == "json_invalid":
        return Problem(400, "Not JSON", f"{faults[0]['msg']}. Send {USAGE['usage']}.")
    texts = [f"{'.'.join(map(str, f['loc'])) or 'body'}: {f['msg'].removeprefix('Value error, ')}" for f in faults]
    detail = f"{'; '.join(texts)[:2000]}. GET /predict shows the usage."
    return Problem(422, "Features that no vector can have", detail)


def _json(body: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
