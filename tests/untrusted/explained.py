"""Explanations of xai of what was found in a scenario of the simulator, and the alerts that they are about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_llm_orchestrator.drafts import EXPLAINED, Draft
from resonance_xai.explain import explain
from tests.bench.explaining.scene import scene

SEED: Final = 7


@cache
def explanations(most: int) -> Sequence[explanation_pb2.Explanation]:
    """So many of one scenario, spread over all that was found in it."""
    found = scene(SEED).found
    every = max(1, len(found) // most)
    return [explain(one.anomaly, one.model) for one in found[::every][:most]]


def draft(told: explanation_pb2.Explanation) -> Draft:
    """The alert that the first finding of an explained anomaly would open."""
    anomaly = told.anomaly
    finding = anomaly.findings[0]
    alert = detection_pb2.Alert(
        alert_id=f"alert-{told.vector_id}",
        revision=1,
        state=detection_pb2.ALERT_STATE_OPEN,
        user_key=told.user_key,
        stream=told.stream,
        kind=finding.kind,
        severity=finding.severity,
        detector=finding.detector,
        vector_id=told.vector_id,
        opened_us=anomaly.end_us,
        last_seen_us=anomaly.end_us,
        vectors=1,
        finding=finding,
    )
    return Draft(EXPLAINED, alert, told)
