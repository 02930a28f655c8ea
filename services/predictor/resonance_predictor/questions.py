"""Answers questions that come by topic: every question gets a verdict or a problem (RFC 9457)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pydantic import ValidationError

from resonance_contracts.pb.resonance.v1 import detection_pb2, request_pb2
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_modeling.behaviour import USER_BEHAVIOR
from resonance_modeling.load import LOAD_PREDICTION
from resonance_modeling.load_log import Load
from resonance_predictor import answers, forecasts
from resonance_predictor.endpoint import InForce
from resonance_predictor.errors import BadInput, NoVersion, TooFewMinutes
from resonance_predictor.functions import ServedFunction
from resonance_runtime.errors import Problem
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.requests import expired, reply
from resonance_runtime.spans.handled import within

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]

KNOWN: Final = (ANOMALY_DETECTION, LOAD_PREDICTION, USER_BEHAVIOR)


class Served(Protocol):
    """What is needed of the models beside the anomaly model."""

    def champion(self, name: str) -> ServedFunction | None:
        """The version in force; None while there is none."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The load that was counted here.

    Attributes:
        load: Of the newest minutes; None for nothing.
        share: Share of all users of whom it was, 0 to 1.
    """

    load: Load | None
    share: float


class Questions:
    """What is asked of single vectors, of the load to come, and of users.

    Args:
        in_force: The rules and the models to go by.
        served: The other models.
        counted: Gives the load that was counted here.
        send_all: Sends the answers.
    """

    def __init__(
        self, in_force: InForce, served: Served, counted: Callable[[], Awaitable[Counted]], send_all: SendAll
    ) -> None:
        self._in_force = in_force
        self._served = served
        self._counted = counted
        self._send_all = send_all

    async def handle(self, records: Sequence[Record[request_pb2.ScoreRequest]]) -> None:
        """Answers questions whose deadline has not passed."""
        for record in records:
            if not expired(record):
                with within(record):
                    await self._send_all(reply(record, await self._answer(record.value)))

    async def _answer(self, asked: request_pb2.ScoreRequest) -> request_pb2.ScoreReply | Problem:
        name = asked.model_name or ANOMALY_DETECTION
        if name not in KNOWN:
            return Problem(404, "No such model", f"There is no model {name[:100]!r}: there is {', '.join(KNOWN)}.")
        try:
            if name == LOAD_PREDICTION:
                return await self._load(asked)
            question = answers.Question(features=dict(asked.features))
            return self._behavior(question) if name == USER_BEHAVIOR else answers.reply(question, *self._in_force())
        except ValidationError as error:
            said = "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
            return Problem(422, "Features that no vector can have", f"{said[:2000]}.")
        except BadInput as error:
            return Problem(422, "Not what the model takes", str(error))
        except TooFewMinutes as error:
            return Problem(409, "Not enough is known yet", str(error))
        except NoVersion as error:
            return Problem(409, "No model yet", str(error))

    async def _load(self, asked: request_pb2.ScoreRequest) -> request_pb2.ScoreReply:
        model = self._champion(LOAD_PREDICTION)
        if asked.HasField("history"):
            forecast = forecasts.forecast_of_history(model, asked.history)
        else:
            counted = await self._counted()
            forecast = forecasts.forecast_of_counted(model, counted.load, counted.share)
        return request_pb2.ScoreReply(scorer=_scorer(model), load=forecast)

    def _behavior(self, question: answers.Question) -> request_pb2.ScoreReply:
        model = self._champion(USER_BEHAVIOR)
        _, *models = self._in_force()
        usual, assumed = answers.filled(question.features, next((one for one in models if one is not None), None))
        behavior = forecasts.behavior_of(model, usual)
        return request_pb2.ScoreReply(scorer=_scorer(model), behavior=behavior, assumed=assumed)

    def _champion(self, name: str) -> ServedFunction:
        found = self._served.champion(name)
        if found is None:
            raise NoVersion(f"No version of {name} was promoted yet: ask again once one was trained.")
        return found


def _scorer(model: ServedFunction) -> detection_pb2.ScorerReference:
    return detection_pb2.ScorerReference(model_name=model.name, model_version=model.version)
