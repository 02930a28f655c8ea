"""`POST /train`, `GET /train/{id}`, and the list of trainings; errors are problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resonance_auto_retrainer.errors import RetrainerError
from resonance_auto_retrainer.problems import problem_of
from resonance_auto_retrainer.trainings import Trainings
from resonance_runtime.errors import Problem
from resonance_runtime.problems import response_of

LARGEST_BODY: Final = 10_000
BY: Final = "the auto-retrainer's port"
REPEAT: Final = "Idempotency-Key"
USAGE: Final = 'Send {"model_name": "anomaly_detection", "data_source": "recent_features", "auto_deploy": true}.'


class Question(BaseModel):
    """What is to be trained.

    Attributes:
        model_name: Of the model.
        data_source: What it is learned from: what the auto-retrainer has gathered.
        auto_deploy: Whether what comes out goes on trial, or into service where nothing is; else it is only stored.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model_name: str = Field(min_length=1, max_length=100)
    data_source: Literal["recent_features"] = "recent_features"
    auto_deploy: bool = True


class TrainingRoutes:
    """Answers questions about trainings."""

    def __init__(self, trainings: Trainings) -> None:
        self._trainings = trainings

    def routes(self) -> Sequence[web.RouteDef]:
        """What it serves."""
        return [web.post("/train", self._train), web.get("/train/{id}", self._show)]

    def shown(self) -> list[dict[str, Any]]:
        """Every training that is known, the newest first."""
        return [training.as_json() for training in self._trainings.newest()]

    async def _train(self, request: web.Request) -> web.Response:
        body = b"" if (request.content_length or 0) > LARGEST_BODY else await _read(request)
        if not body:
            return response_of(Problem(413, "Body too large or empty", f"Expected 1 to {LARGEST_BODY} bytes. {USAGE}"))
        try:
            asked = Question.model_validate_json(body)
        except ValidationError as error:
            where = ".".join(map(str, (fault := error.errors()[0])["loc"])) or "the body"
            return response_of(Problem(422, "Not a training", f"{where}: {fault['msg']}. {USAGE}"))
        repeat = request.headers.get(REPEAT, "")[:100]
        try:
            training_id = await self._trainings.request(asked.model_name, asked.auto_deploy, BY, repeat)
        except RetrainerError as fault:
            return response_of(problem_of(fault))
        where = f"/train/{training_id}"
        return web.json_response({"training_id": training_id, "see": where}, status=202, headers={"Location": where})

    async def _show(self, request: web.Request) -> web.Response:
        training = self._trainings.get(request.match_info["id"])
        if training is None:
            return response_of(
                Problem(404, "No such training", "It is not known, or long over: GET /train lists the newest.")
            )
        return web.json_response(training.as_json())


async def _read(request: web.Request) -> bytes:
    """The body; empty where it is too large."""
    with suppress(web.HTTPRequestEntityTooLarge):
        body = await request.read()
        return body if len(body) <= LARGEST_BODY else b""
    return b""
