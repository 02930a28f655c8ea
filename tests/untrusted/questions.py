"""Questions of every task with one field that a stranger wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Make = Callable[[str], dict[str, Any]]
"""Takes what the stranger wrote."""


def _alert(data: Mapping[str, Any] | None = None, **context: Any) -> dict[str, Any]:
    base = {"metric": "error_rate", "value": 0.25, "threshold": 0.1, **(data or {})}
    return {"alert_data": base, "context": {"service": "orders", "environment": "production", **context}}


def _anomaly(features: Mapping[str, float] | None = None, **data: Any) -> dict[str, Any]:
    found = {"messages_per_minute": 187.0, **(features or {})}
    return {
        "anomaly_data": {"type": "message_flood", "features": found, "usual": {"messages_per_minute": 12.5},
                         "confidence": 0.97, **data},
        "ml_explanation": {"messages_per_minute": 0.5},
    }  # fmt: skip


def _prediction(features: Mapping[str, float] | None = None, **data: Any) -> dict[str, Any]:
    found = {"messages_per_minute": 187.0, **(features or {})}
    return {"model_name": "forest", "prediction": "anomaly", "confidence": 0.97, "features": found,
            "attributions": {"messages_per_minute": 0.5}, **data}  # fmt: skip


def _incident(**data: Any) -> dict[str, Any]:
    return {"incident": {"kind": "message_flood", "severity": "high", "features": {"messages_per_minute": 187.0},
                         "usual": {"messages_per_minute": 12.5}, **data}}  # fmt: skip


def _logs(line: str) -> dict[str, Any]:
    ordinary = [f"2026-11-30 10:00:{n:02d} INFO step {n} done" for n in range(30)]
    return {"log_entries": [*ordinary, *(f"2026-11-30 10:01:{n:02d} ERROR {line}" for n in range(3))]}


def _series(name: str) -> dict[str, Any]:
    return {
        "time_series_data": {
            name: [4, 5, 3, 4, 6, 5, 4, 5, 3, 4, 5, 4, 21, 23, 22, 20, 24, 22, 21, 23, 22, 24, 21, 22]
        },
        "metrics": {name: 22.0},
        "baseline": {name: {"value": 4.5, "spread": 1}},
        "step_seconds": 60,
    }


def _lag(user: str = "", **player: Any) -> dict[str, Any]:
    here = {"access_network": "a1", "route": "r1", "server": "s1"}
    usual = {"rtt_ms": 40.0, "frame_time_ms": 17.0}
    return {
        "user_id": user,
        "player": {"rtt_ms": 118.0, "frame_time_ms": 31.0, "usual": usual, **here, **player},
        "neighbours": [{"rtt_ms": 41.0, "usual": {"rtt_ms": 40.0}, **here}] * 4,
    }


QUESTIONS: Final[Mapping[str, Mapping[str, Make]]] = {
    "explain_prediction": {
        "name of the model": lambda x: _prediction(model_name=x[:64]),
        "prediction": lambda x: _prediction(prediction=x[:64]),
        "name of a feature": lambda x: _prediction(
            {x[:64]: 3.0}, attributions={"messages_per_minute": 0.5, x[:64]: 0.25}
        ),
        "name of a reference": lambda x: _prediction(references={x[:64]: 3.0}),
    },
    "analyze_anomaly": {
        "type": lambda x: _anomaly(type=x[:64]),
        "prediction": lambda x: _anomaly(prediction=x[:64]),
        "user id": lambda x: _anomaly(user_id=x[:256]),
        "name of a feature": lambda x: _anomaly({x[:64]: 3.0}),
        "name of a usual value": lambda x: _anomaly(usual={x[:64]: 3.0, "messages_per_minute": 12.5}),
        "name of a spread": lambda x: _anomaly(spread={x[:64]: 3.0}),
        "name in the explanation": lambda x: {**_anomaly(), "ml_explanation": {x[:64]: 0.5}},
    },
    "generate_smart_alert": {
        "message": lambda x: _alert({"message": x}),
        "metric": lambda x: _alert({"metric": x}),
        "kind of anomaly": lambda x: _alert({"anomaly_type": x}),
        "service": lambda x: _alert(service=x),
        "environment": lambda x: _alert(environment=x),
        "user": lambda x: _alert({"user_id": x}),
        "unknown field": lambda x: _alert({"note": x}),
        "name of an unknown field": lambda x: _alert({x[:64]: "1"}),
        "recipient": lambda x: _alert({"recipient": x}, notify=[x]),
        "deep in the context": lambda x: _alert(deployment={"by": [x], "who": x}),
        "name in the context": lambda x: _alert(**{x[:64]: {x[:64]: x}}),
    },
    "incident_plan": {
        "kind": lambda x: _incident(kind=x[:64]),
        "name of a feature": lambda x: _incident(features={"messages_per_minute": 187.0, x[:64]: 3.0}),
        "name of a usual value": lambda x: _incident(usual={x[:64]: 3.0}),
    },
    "analyze_logs": {
        "line": _logs,
        "user in a line": lambda x: _logs(f"login failed for user {x}"),
        "value in a line": lambda x: _logs(f"request failed channel={x} code=7"),
        "pattern": lambda x: {**_logs("request failed"), "error_patterns": [x[:64]]},
    },
    "analyze_performance_patterns": {"name of a series": lambda x: _series(x[:64])},
    "assistant_lag": {
        "user id": lambda x: _lag(x[:256]),
        "access network": lambda x: _lag(access_network=x[:64]),
        "route": lambda x: _lag(route=x[:64]),
        "server": lambda x: _lag(server=x[:64]),
    },
}
"""By task, and by what the stranger wrote."""
