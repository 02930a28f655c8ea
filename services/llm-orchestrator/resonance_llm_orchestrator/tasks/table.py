"""Which handler answers which task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from resonance_llm_orchestrator.brief import Writer
from resonance_llm_orchestrator.logs.answering import answer_logs
from resonance_llm_orchestrator.tasks.anomalies import Anomalies
from resonance_llm_orchestrator.tasks.incidents import FindsIncidents
from resonance_llm_orchestrator.tasks.lag import Lag
from resonance_llm_orchestrator.tasks.performance import Performance
from resonance_llm_orchestrator.tasks.plans import Plans
from resonance_llm_orchestrator.tasks.predictions import Predictions
from resonance_llm_orchestrator.tasks.smart_alerts import SmartAlerts
from resonance_tasks.analyze_anomaly import ANALYZE_ANOMALY
from resonance_tasks.explain_prediction import EXPLAIN_PREDICTION
from resonance_tasks.generate_smart_alert import GENERATE_SMART_ALERT
from resonance_tasks.incident_plan import INCIDENT_PLAN
from resonance_tasks.lag import ASSISTANT_LAG
from resonance_tasks.logs import ANALYZE_LOGS
from resonance_tasks.performance import ANALYZE_PERFORMANCE
from resonance_tasks.task import Answer

Handle = Callable[[Any, float], Awaitable[Answer]]
"""Answers a question of the task's form, at the latest at a time of the running loop's clock; raises Problem.

What takes the processor for more than some milliseconds goes into a thread: other questions wait otherwise.
"""


def handlers_of(writer: Writer, incidents: FindsIncidents) -> Mapping[str, Handle]:
    """The handler of each task of the catalogue, by the task's name."""
    return {
        EXPLAIN_PREDICTION.name: Predictions(writer).answer,
        ANALYZE_ANOMALY.name: Anomalies(writer).answer,
        GENERATE_SMART_ALERT.name: SmartAlerts(writer).answer,
        INCIDENT_PLAN.name: Plans(writer, incidents).answer,
        ANALYZE_LOGS.name: partial(answer_logs, writer),
        ANALYZE_PERFORMANCE.name: Performance(writer).answer,
        ASSISTANT_LAG.name: Lag(writer).answer,
    }
