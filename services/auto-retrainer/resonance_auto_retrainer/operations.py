"""What can be asked of the auto-retrainer, by topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from resonance_auto_retrainer.errors import UnknownModel
from resonance_auto_retrainer.promoter import Promoter
from resonance_auto_retrainer.requests import Requests
from resonance_auto_retrainer.settings import RetrainerSettings
from resonance_auto_retrainer.trainings import Trainings
from resonance_contracts.topics import MODELS_REQUESTED, Service
from resonance_modeling.alias import AliasChange
from resonance_runtime.loop import RecordLoop
from resonance_runtime.service import Component, Runtime

GROUP: Final = f"{Service.AUTO_RETRAINER}.requests"


class Operations:
    """See `requests.Operations`.

    Args:
        trainings: Train.
        promoters: Change the aliases of each model, by its name.
    """

    def __init__(self, trainings: Trainings, promoters: Mapping[str, Promoter]) -> None:
        self._trainings = trainings
        self._promoters = promoters

    async def train(self, model_name: str, auto_deploy: bool, by: str, request_id: str) -> str:
        """Lets a training wait for its turn."""
        return await self._trainings.request(model_name, auto_deploy, by, request_id)

    async def load(self, model_name: str, version: str, by: str, reason: str, request_id: str) -> AliasChange:
        """Makes a stored version the champion."""
        return await self._promoter(model_name).load(version, by, reason, request_id)

    async def roll_back(self, model_name: str, by: str, reason: str, request_id: str) -> AliasChange:
        """Makes the champion before this one the champion again."""
        return await self._promoter(model_name).roll_back(by, reason, request_id)

    def _promoter(self, model_name: str) -> Promoter:
        if (promoter := self._promoters.get(model_name)) is None:
            raise UnknownModel(f"There is no model {model_name[:100]!r}: there is {', '.join(self._promoters)}.")
        return promoter


def answering(runtime: Runtime[RetrainerSettings], operations: Operations) -> Sequence[Component]:
    """What answers questions; a service that cannot be asked yet trains all the same."""
    requests = Requests(operations, runtime.publisher.send_all)
    return [
        RecordLoop(runtime, group=GROUP, topics=[MODELS_REQUESTED], handle=requests.handle, max_batch=100, needed=False)
    ]
