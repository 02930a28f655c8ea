"""REST: which models there are, training them, and which version of each is in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import model_pb2, request_pb2
from resonance_contracts.topics import MODELS_REQUESTED
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.recent import Recent
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.asking import Asks
from resonance_gateway.rest.model_kinds import KINDS
from resonance_gateway.rest.model_models import (
    AliasChanged,
    LoadModel,
    ModelList,
    ModelPath,
    RollBackModel,
    TrainingBegun,
    TrainingPath,
    Trainings,
    TrainingsQuery,
    TrainingView,
    TrainModel,
)
from resonance_gateway.rest.model_views import alias_view, model_entries, training_view
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.tracking.clock import Clock
from resonance_runtime.errors import Problem

ANSWER_S: Final = 10.0
"""Longest wait for the auto-retrainer, which reads artifacts from a store before it answers."""

_FAULTS: Final = (404, 409, 502, 504)


@dataclass(frozen=True, slots=True)
class Modelling:
    """Handlers of questions about models, and of what the auto-retrainer is asked to do.

    Attributes:
        requester: Asks over topics.
        recent: Promotions and trainings that were read.
        pseudonyms: Turns who asks into a key.
        clock: That of the gateway.
    """

    requester: Asks
    recent: Recent
    pseudonyms: Pseudonyms
    clock: Clock

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served.

        An operator may train and roll back: what was trained has to pass its trials, and what served before is
        served again. Only an admin puts any stored version into service, past all trials.
        """
        return [
            Route(
                "GET", "/ml/models", Role.VIEWER, "Every model: which versions are in use, since when and why.",
                self.models, Nothing, Nothing, Nothing, ModelList, tag="models",
            ),
            Route(
                "POST", "/ml/models/train", Role.OPERATOR, "Begins a training.",
                self.train, Nothing, Nothing, TrainModel, TrainingBegun, 202, _FAULTS, "models",
                location=lambda begun: f"/ml/models/train/{begun.training_id}",
            ),
            Route(
                "GET", "/ml/models/train", Role.VIEWER, "Trainings, the one that began last first.",
                self.trainings, Nothing, TrainingsQuery, Nothing, Trainings, tag="models",
            ),
            Route(
                "GET", "/ml/models/train/{id}", Role.VIEWER, "How a training goes, and what came out.",
                self.training, TrainingPath, Nothing, Nothing, TrainingView, faults=(404,), tag="models",
            ),
            Route(
                "POST", "/ml/models/{name}/load", Role.ADMIN, "Puts a stored version into service at once.",
                self.load, ModelPath, Nothing, LoadModel, AliasChanged, faults=_FAULTS, tag="models",
            ),
            Route(
                "POST", "/ml/models/{name}/rollback", Role.OPERATOR,
                "Puts the champion before this one into service again at once, and ends trials.",
                self.roll_back, ModelPath, Nothing, RollBackModel, AliasChanged, faults=_FAULTS, tag="models",
            ),
        ]  # fmt: skip

    async def models(self, _: Call[Nothing, Nothing, Nothing]) -> ModelList:
        """`GET /ml/models`."""
        entries = model_entries(self.recent)
        return ModelList(count=len(entries), models=entries)

    async def train(self, call: Call[Nothing, Nothing, TrainModel]) -> TrainingBegun:
        """`POST /ml/models/train`."""
        asked = call.body
        reply = await self._ask(
            call,
            request_pb2.ModelRequest(
                model_name=asked.model_name, train=request_pb2.TrainModel(auto_deploy=asked.auto_deploy)
            ),
        )
        self._expect(reply.training_id, asked.model_name)
        return TrainingBegun(
            training_id=reply.training_id,
            model_name=asked.model_name,
            data_source=asked.data_source,
            auto_deploy=asked.auto_deploy,
            message=reply.message,
        )

    async def trainings(self, call: Call[Nothing, TrainingsQuery, Nothing]) -> Trainings:
        """`GET /ml/models/train?limit=20`."""
        newest = sorted(self.recent.trainings.newest_first(), key=lambda told: -told.started_us)
        shown = [training_view(told) for told in newest[: call.query.limit]]
        return Trainings(count=len(shown), trainings=shown)

    async def training(self, call: Call[TrainingPath, Nothing, Nothing]) -> TrainingView:
        """`GET /ml/models/train/{id}`."""
        told = self.recent.trainings.get(call.path.id)
        if told is None:
            raise Problem(404, "No such training", f"The gateway remembers no training {call.path.id!r}.")
        return training_view(told)

    async def load(self, call: Call[ModelPath, Nothing, LoadModel]) -> AliasChanged:
        """`POST /ml/models/{name}/load`."""
        load = request_pb2.LoadModel(model_version=call.body.model_version)
        return await self._change(
            call, request_pb2.ModelRequest(model_name=call.path.name, load=load, reason=call.body.reason)
        )

    async def roll_back(self, call: Call[ModelPath, Nothing, RollBackModel]) -> AliasChanged:
        """`POST /ml/models/{name}/rollback`."""
        rollback = request_pb2.RollbackModel()
        return await self._change(
            call, request_pb2.ModelRequest(model_name=call.path.name, rollback=rollback, reason=call.body.reason)
        )

    async def _change(self, call: Call[Any, Any, Any], question: request_pb2.ModelRequest) -> AliasChanged:
        reply = await self._ask(call, question)
        # Whoever asks next is answered as this one was, though the record may not have been read yet.
        self.recent.take_promotion(reply.promoted)
        return AliasChanged(model_name=question.model_name, message=reply.message, change=alias_view(reply.promoted))

    async def _ask(self, call: Call[Any, Any, Any], question: request_pb2.ModelRequest) -> request_pb2.ModelReply:
        if question.model_name not in KINDS:
            raise Problem(
                404, "No such model", f"There is no model {question.model_name!r}: there is {', '.join(KINDS)}."
            )
        question.asked_by = self.pseudonyms.user(call.caller.user_id)
        return await self.requester.ask(MODELS_REQUESTED, question, request_pb2.ModelReply, ANSWER_S)

    def _expect(self, training_id: str, model_name: str) -> None:
        """A training can be looked at from now on, though nothing was told of it yet."""
        now_us = self.clock.now_us()
        self.recent.take_training(
            model_pb2.TrainingProgressed(
                training_id=training_id,
                model_name=model_name,
                trigger="request",
                state="waiting",
                message="It was asked for.",
                started_us=now_us,
                updated_us=now_us,
            )
        )
