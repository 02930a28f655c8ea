"""What services say of themselves, which models are in use and how trainings go, on the stage."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import model_pb2, operations_pb2
from resonance_contracts.topics import (
    DRIFTS_DETECTED,
    MODELS_PROMOTED,
    SERVICES_REPORTED,
    TRAININGS_PROGRESSED,
    Service,
)

SECOND_US: Final = 1_000_000
Take = Callable[[Any, Any], None]


def report(take: Take) -> None:
    """What services say of themselves."""
    now_us = time.time_ns() // 1000
    budget = {"day": {"limit": 5.0, "left": 3.42}, "describe_alert": {"limit": 2.0, "left": 0.1}}
    openai = {
        "configured": True,
        "models": ["gpt-5.4-mini"],
        "breaker": "closed",
        "last_success": "2026-11-30T15:00:00Z",
    }
    anthropic = {
        "configured": True,
        "models": ["claude-5-haiku"],
        "breaker": "open",
        "open_for_s": 21,
        "failure": "529 overloaded",
    }
    writers = {"writer": "openai, anthropic, offline", "provider.openai": json.dumps(openai)}
    writers |= {"provider.anthropic": json.dumps(anthropic), "budget": json.dumps(budget)}
    for service in Service:
        ready = service is not Service.XAI
        state = operations_pb2.SERVICE_STATE_READY if ready else operations_pb2.SERVICE_STATE_DEGRADED
        reasons = [] if ready else ["The model that an anomaly names could not be loaded: its signature is not known."]
        details = writers if service is Service.LLM_ORCHESTRATOR else {}
        told = operations_pb2.ServiceReport(
            service=service,
            instance=f"{service}-1",
            version="0.1.0",
            state=state,
            reasons=reasons,
            details=details,
            reported_us=now_us,
        )
        take(SERVICES_REPORTED, told)


def train(take: Take) -> None:
    """Models in use, what drifted, and how trainings go."""
    now_us = time.time_ns() // 1000
    promoted = {"model_name": "anomaly_detection", "revision": 3, "catalogue_version": "2"}
    versions = ("3f9c2a71d0b4" + "a" * 52, "77c01b9e2f10" + "b" * 52, "c0ffee00aa11" + "c" * 52)
    hour_us = 3600 * SECOND_US
    take(
        MODELS_PROMOTED,
        model_pb2.ModelPromoted(
            **promoted,
            alias="champion",
            model_version=versions[0],
            previous_version=versions[1],
            promoted_us=now_us - 9 * hour_us,
            reason="It was no worse than the champion in 6 h of A/B.",
        ),
    )
    take(
        MODELS_PROMOTED,
        model_pb2.ModelPromoted(
            **promoted,
            alias="challenger",
            model_version=versions[2],
            promoted_us=now_us - hour_us,
            share=0.1,
            reason="No harm was shown.",
        ),
    )
    change = model_pb2.FeatureDrift(
        features=["avg_message_size"],
        what="level",
        effect=0.41,
        low=0.3,
        high=0.52,
        since_us=now_us - 5 * hour_us,
        evidence=2.4,
    )
    related = model_pb2.FeatureDrift(
        features=["messages_per_minute", "burstiness_score"],
        what="relation",
        effect=-0.29,
        low=-0.36,
        high=-0.21,
        since_us=now_us - 3 * hour_us,
        evidence=1.2,
    )
    take(
        DRIFTS_DETECTED,
        model_pb2.DriftDetected(
            model_name="anomaly_detection", alias="champion", model_version=versions[0], changes=[change, related]
        ),
    )
    for number, (outcome, trigger) in enumerate(
        (("promoted", "first"), ("stored", "schedule"), ("refused", "drift"), ("", "request"))
    ):
        began = now_us - (5 - number) * 2 * hour_us if outcome else now_us - 40 * SECOND_US
        take(
            TRAININGS_PROGRESSED,
            model_pb2.TrainingProgressed(
                training_id=f"t{number}",
                model_name="anomaly_detection",
                trigger=trigger,
                revision=2,
                outcome=outcome,
                state="ended" if outcome else "searching",
                progress=1 if outcome else 0.37,
                started_us=began,
                updated_us=began + 43 * SECOND_US,
                model_version=versions[number] if outcome in ("promoted", "stored") else "",
                message="Trial 14 of 38: average precision 0.71."
                if not outcome
                else "The reasons of the version are others.",
            ),
        )
