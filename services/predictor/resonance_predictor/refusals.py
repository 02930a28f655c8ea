"""Promotions of versions that cannot be used: the version before stays, why is said, and they are tried again."""

from __future__ import annotations

import logging

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_modeling.faults import refused_key
from resonance_runtime import metrics
from resonance_runtime.health import Health

log = logging.getLogger(__name__)


class Refusals:
    """What was refused last, of each part of the health that speaks of a model."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._refused: dict[str, ModelPromoted] = {}

    def all(self) -> list[ModelPromoted]:
        """What is to be tried again."""
        return list(self._refused.values())

    def outdates(self, part: str, promotion: ModelPromoted) -> bool:
        """Whether a promotion came before one that was refused: that one is the newest all the same."""
        refused = self._refused.get(part)
        return refused is not None and promotion.revision < refused.revision

    def add(self, part: str, promotion: ModelPromoted, error: Exception) -> None:
        """A version cannot be used; it is logged when the reason is another one."""
        reason = f"The promoted model cannot be used, the one before it stays: {error}"
        if reason != self._health.degradations().get(part):
            facts = {"model": promotion.model_name, "version": promotion.model_version, "reason": reason}
            log.error("a promoted model is refused", extra=facts)
        self._refused[part] = promotion
        self._health.details[refused_key(part)] = promotion.model_version
        self._health.degraded(part, reason)
        metrics.PREDICTOR_MODELS_MISSING.labels(role=_role(part)).set(1)

    def end(self, part: str) -> None:
        """A version is in use."""
        self._refused.pop(part, None)
        self._health.details.pop(refused_key(part), None)
        self._health.clear(part)
        metrics.PREDICTOR_MODELS_MISSING.labels(role=_role(part)).set(0)


def _role(part: str) -> str:
    """Of the anomaly model the part speaks of the champion; the other models have only that."""
    return "champion" if part == "model" else part
