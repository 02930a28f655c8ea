"""The catalogue of service levels: what is promised of what, and how the promise is counted.

`rules/levels.yml`, its tests and the table in `docs/operations/alerts.md` are made from it by
`python -m deploy.prometheus.generate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SLOW_ROUTES: Final = (
    "/ml/(explain|analyze)/.*|/ml/alerts/smart|/ml/incidents/plan|/ml/assistant/lag|/ml/anomalies/analyze"
)
"""Routes of the gateway that wait for words, explanations or analyses, which have levels of their own."""


@dataclass(frozen=True, slots=True)
class Level:
    """One service level.

    Attributes:
        name: Value of the label `slo`, and name of its runbook.
        alert: What the names of its alerts begin with.
        promise: What is promised, as "… of …": it follows "99.5 % of".
        objective: Share of the requests that keep it, at least, in 30 days.
        total: Selectors of the counters of all requests; they are added up.
        good: Selector of the counter of those that keep it; empty where `bad` counts the others.
        bad: Selectors of the counters of those that do not; empty where `good` is given.
        pages: Whether its quick burn wakes somebody.
        least: Requests that broke it, in the longer window, before it is told: fewer are no trend.
    """

    name: str
    alert: str
    promise: str
    objective: float
    total: tuple[str, ...]
    good: str = ""
    bad: tuple[str, ...] = ()
    pages: bool = True
    least: int = 10

    @property
    def budget(self) -> float:
        """Share that may break the promise."""
        return round(1 - self.objective, 6)


def _within(histogram: str, labels: str, le: str, of_good: str = "") -> tuple[tuple[str], str]:
    """Selectors of all requests of a histogram, and of those within a bound."""
    return (f"{histogram}_count{{{labels}}}",), f'{histogram}_bucket{{{labels}{of_good}, le="{le}"}}'


def _since_first_frame(step: str, le: str) -> tuple[tuple[str], str]:
    return _within("resonance_pipeline_delay_seconds", f'step="{step}", since="first_frame"', le)


_REST: Final = "resonance_gateway_request_duration_seconds"
_ANSWERED: Final = ', status!~"5.."'
_ML, _ML_GOOD = _within(_REST, f'route=~"/ml/.*", route!~"{SLOW_ROUTES}"', "0.1", _ANSWERED)
_WHY, _WHY_GOOD = _within(_REST, 'route=~"/ml/explain/(prediction|anomaly)"', "2.0", _ANSWERED)
_EXPLAINED, _EXPLAINED_GOOD = _since_first_frame("explanation", "2.0")
_TASKS, _TASKS_GOOD = _within("resonance_task_duration_seconds", 'job="llm-orchestrator"', "5.0")
_FOUND, _FOUND_GOOD = _since_first_frame("anomaly", "0.5")
_WORDS, _WORDS_GOOD = _since_first_frame("words", "3.0")

LEVELS: Final = (
    Level(
        "ml-api",
        "MlApi",
        "requests to the ML API, except those that wait for words or explanations, are answered within 100 ms",
        0.995,
        _ML,
        _ML_GOOD,
    ),
    Level(
        "xai-answers",
        "XaiAnswers",
        "questions for an explanation are answered within 2 s",
        0.95,
        _WHY,
        _WHY_GOOD,
    ),
    Level(
        "explanations",
        "Explanations",
        "anomalies have their explanation within 2 s after their first frame",
        0.95,
        _EXPLAINED,
        _EXPLAINED_GOOD,
        pages=False,
    ),
    Level(
        "llm-analysis",
        "LlmAnalysis",
        "questions to the assistant are answered within 5 s",
        0.9,
        _TASKS,
        _TASKS_GOOD,
        pages=False,
    ),
    Level(
        "anomalies",
        "Anomalies",
        "anomalies are told of within 500 ms after their first frame",
        0.99,
        _FOUND,
        _FOUND_GOOD,
    ),
    Level(
        "smart-alerts",
        "SmartAlerts",
        "alerts have their explanation in words within 3 s after their first frame",
        0.95,
        _WORDS,
        _WORDS_GOOD,
    ),
    Level(
        "gateway-requests",
        "GatewayRequests",
        "requests to the gateway are answered without an error of ours (5xx)",
        0.999,
        (f"{_REST}_count",),
        bad=(f'{_REST}_count{{status=~"5.."}}',),
    ),
    Level(
        "model-answers",
        "ModelAnswers",
        "questions to the models are answered, or refused for a reason in the question",
        0.999,
        ("resonance_predictor_question_duration_seconds_count",),
        bad=('resonance_predictor_question_duration_seconds_count{outcome=~"unavailable|failed"}',),
    ),
    Level(
        "records",
        "Records",
        "records are handled: neither lost, nor dead letters",
        0.9999,
        ("resonance_records_consumed_total",),
        bad=("resonance_dead_letters_total", "resonance_records_lost_total", "resonance_gateway_events_dropped_total"),
    ),
    Level(
        "notifications",
        "Notifications",
        "notifications arrive at their receiver",
        0.99,
        ('resonance_notifications_total{outcome=~"sent|failed"}',),
        bad=('resonance_notifications_total{outcome="failed"}',),
    ),
)
