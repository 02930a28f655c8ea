"""Which version of each model is in force, as the promotions say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_runtime.health import Health
from resonance_runtime.records import Record

CHAMPION: Final = "champion"
_NONE_YET: Final = "No model was promoted yet: explanations speak of rules and of the users' own normal."


class Champions:
    """The newest champion of each model; an older promotion that comes again changes nothing."""

    def __init__(self, health: Health) -> None:
        self._promoted: dict[str, ModelPromoted] = {}
        self._health = health
        health.degraded("model", _NONE_YET)

    async def handle(self, records: Sequence[Record[ModelPromoted]]) -> None:
        """Takes promotions in."""
        for record in records:
            self.take(record.value)

    def take(self, promotion: ModelPromoted) -> None:
        """Takes one promotion in."""
        known = self._promoted.get(promotion.model_name)
        if promotion.alias != CHAMPION or (known is not None and known.revision >= promotion.revision):
            return
        self._promoted[promotion.model_name] = promotion
        self._health.details[f"model {promotion.model_name}"] = promotion.model_version
        self._health.clear("model")

    def version(self, model_name: str) -> str | None:
        """Version in force; None while none was promoted."""
        promotion = self._promoted.get(model_name)
        return None if promotion is None else promotion.model_version
