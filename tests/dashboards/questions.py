"""What operators and programs ask over REST while people are watched: one of every kind, good ones and wrong ones."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Final

FLOOD: Final = {"messages_per_minute": 340.0, "burstiness_score": -0.95}


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Attributes:
        port: Variable of the published port.
        token: Whether it comes with an operator's token.
    """

    method: str
    path: str
    body: Any = None
    port: str = "GATEWAY_PORT"
    token: bool = True
    headers: dict[str, str] = field(default_factory=dict)


def series(seed: int = 7) -> dict[str, Any]:
    """Measurements in which a queue slows answers down."""
    chance = random.Random(seed)
    queue = [50 + chance.gauss(0, 2) + 25 * (i > 150) for i in range(240)]
    latency = [20 + 0.8 * (queue[max(0, i - 5)] - 50) + chance.gauss(0, 1) for i in range(240)]
    return {"time_series_data": {"queue_depth": queue, "latency_ms": latency}, "step_seconds": 60}


def questions(round_: int, alert_id: str | None) -> list[Ask]:
    """All questions of a round; those about an incident once one is known."""
    looks = [
        "/ml/status", "/ml/ai-status", "/ml/intelligence/status", "/ml/features/recent?limit=20",
        "/ml/anomalies/recent?limit=20&min_severity=low", "/ml/models", "/ml/health/xai", "/ml/health/openai",
        "/ml/claude/health", "/ml/multi-llm/health", "/ml/incidents?state=open", "/ml/silences", "/ml/actions",
        "/ml/feedback", "/ml/nothing-is-here",
    ]  # fmt: skip
    incident = {"kind": "message_flood", "severity": "high", "features": FLOOD}
    player = {
        "rtt_ms": 118 + round_,
        "jitter_ms": 4,
        "loss": 0.001,
        "frame_time_ms": 31,
        "server_tick_ms": 16,
        "usual": {"rtt_ms": 40, "jitter_ms": 3, "loss": 0.001, "frame_time_ms": 17, "server_tick_ms": 16},
    }
    log = [f"2026-11-30 10:00:{second:02} ERROR: Database connection timeout after {round_} s" for second in range(30)]
    words = {
        "model_name": "anomaly_detection",
        "features": {**FLOOD, "messages_per_minute": 340.0 + round_},
        "attributions": {"messages_per_minute": 0.4, "burstiness_score": 0.1},
    }
    asked = {"features": FLOOD, "fill": "reference", "methods": ["shap", "lime"]}
    found = [
        *(Ask("GET", path) for path in looks),
        Ask("GET", "/ml/status", token=False),
        Ask("GET", "/ml/status", token=False, headers={"Authorization": "Bearer not.a.token"}),
        Ask("POST", "/ml/models/predict", {"model_name": "anomaly_detection", "features": FLOOD}),
        Ask("POST", "/ml/models/predict", {"model_name": "user_behavior", "features": FLOOD}),
        Ask("POST", "/ml/models/predict", {"model_name": "no_such_model"}),
        Ask("POST", "/ml/explain/prediction", {"features": {**FLOOD, "error_rate": 0.01 * (round_ % 3)}}),
        Ask("POST", "/ml/explain/prediction", {"features": FLOOD, "methods": ["shap", "lime", "counterfactual"]}),
        Ask("POST", "/ml/explain/words", words),
        Ask("POST", "/ml/anomalies/analyze", {"features": FLOOD}),
        Ask("POST", "/ml/analyze/anomaly", {"anomaly_data": {"type": "message_flood", "features": FLOOD}}),
        Ask("POST", "/ml/alerts/smart", {"alert_data": {"type": "message_flood", "observed": round_}}),
        Ask("POST", "/ml/incidents/plan", {"incident": incident}),
        Ask("POST", "/ml/analyze/logs", {"log_entries": log}),
        Ask("POST", "/ml/analyze/performance", series(round_)),
        Ask("POST", "/ml/assistant/lag", {"player": player}),
        Ask("POST", "/ml/activity", {"source": "backend", "events": [
            {"sequence": 10 * round_ + i, "user_id": f"told-{i % 5}", "message_size": 120, "channels": ["lobby"],
             "ip_address": "203.0.113.7"} for i in range(1, 9)]}),
        Ask("POST", "/ml/channels/lobby/publish", {"data": {"round": round_}}),
        Ask("POST", "/predict", {"features": FLOOD}, "PREDICTOR_PORT"),
        Ask("POST", "/predict", {"features": {"no_such_feature": 1}}, "PREDICTOR_PORT"),
        Ask("POST", "/v2/models/anomaly_detection/infer", {"inputs": []}, "PREDICTOR_PORT"),
        Ask("POST", "/explain", asked, "XAI_PORT"),
        Ask("POST", "/explain", {"features": {"no_such_feature": 1}}, "XAI_PORT"),
        Ask("GET", "/explain/tree/anomaly_detection", port="XAI_PORT"),
    ]  # fmt: skip
    if alert_id is not None:
        about = {"alert_id": alert_id}
        found += [
            Ask("POST", "/ml/explain/anomaly", about),
            Ask("POST", "/ml/incidents/plan", about),
            Ask("POST", "/ml/feedback", {**about, "verdict": "false" if round_ % 4 == 3 else "true"}),
            Ask("POST", "/ml/actions", {**about, "kind": "create_incident_ticket", "reason": "seen under load"}),
            Ask("POST", "/ml/actions", {**about, "kind": "notify_devops_team", "dry_run": True, "reason": "a try"}),
        ]
    return found
