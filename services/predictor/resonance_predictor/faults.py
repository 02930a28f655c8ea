"""Tells of models that fail on vectors: a metric, details of the health that the auto-retrainer reads, the log."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from resonance_modeling.faults import key_of, told
from resonance_predictor.scored import Fault
from resonance_predictor.terms import Terms
from resonance_runtime import metrics
from resonance_runtime.health import Health

log = logging.getLogger(__name__)


class Faults:
    """Vectors that the versions in force failed on since this process began."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._counted: dict[tuple[str, str], int] = {}

    def take(self, faults: Iterable[Fault]) -> None:
        """Take in what failed; a version that never failed before by this alias is logged with its reason."""
        for fault in faults:
            counted = self._counted.get((fault.alias, fault.version), 0)
            if not counted:
                where = {"alias": fault.alias, "version": fault.version, "reason": fault.reason}
                log.error("a model fails on vectors", extra=where)
            counted += fault.vectors
            self._counted[fault.alias, fault.version] = counted
            metrics.PREDICTOR_MODEL_FAULTS.labels(alias=fault.alias, version=fault.version).inc(fault.vectors)
            key = key_of(fault.alias)
            self._health.details[key] = told(fault.version, counted)
            sentence = f"The {fault.alias} {fault.version[:12]} failed on {counted} vectors, the last time because"
            self._health.degraded(key, f"{sentence} {fault.reason}.")

    def forget_but(self, terms: Terms) -> None:
        """Tell no more of versions that are not in force by that alias."""
        others = terms.others.versions
        in_force = {
            "champion": terms.model,
            "challenger": others.challenger,
            "shadow": others.shadow,
            "former": others.former,
        }
        for alias, version in list(self._counted):
            now = in_force[alias]
            if now is None or now.version != version:
                del self._counted[alias, version]
                key = key_of(alias)
                if self._health.details.get(key, "").startswith(version):
                    del self._health.details[key]
                    self._health.clear(key)
