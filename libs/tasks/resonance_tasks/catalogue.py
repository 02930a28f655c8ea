"""Which tasks there are. The gateway's routes and the orchestrator's table of handlers are made from it."""

from __future__ import annotations

from typing import Any, Final

from resonance_tasks.actions import DECIDE_ACTION, PROPOSE_ACTION
from resonance_tasks.analyze_anomaly import ANALYZE_ANOMALY
from resonance_tasks.explain_prediction import EXPLAIN_PREDICTION
from resonance_tasks.generate_smart_alert import GENERATE_SMART_ALERT
from resonance_tasks.incident_plan import INCIDENT_PLAN
from resonance_tasks.incidents import FIND_INCIDENT, SEARCH_INCIDENTS
from resonance_tasks.lag import ASSISTANT_LAG
from resonance_tasks.logs import ANALYZE_LOGS
from resonance_tasks.performance import ANALYZE_PERFORMANCE
from resonance_tasks.silences import CREATE_SILENCE, EXPIRE_SILENCE, LIST_SILENCES
from resonance_tasks.task import Task

TASKS: Final[tuple[Task[Any, Any], ...]] = (
    EXPLAIN_PREDICTION,
    ANALYZE_ANOMALY,
    GENERATE_SMART_ALERT,
    INCIDENT_PLAN,
    ANALYZE_LOGS,
    ANALYZE_PERFORMANCE,
    ASSISTANT_LAG,
)
"""Those that anybody with their role may ask."""

OF_ACTIONS: Final[tuple[Task[Any, Any], ...]] = (PROPOSE_ACTION, DECIDE_ACTION)
"""Those that the gateway asks for its routes of actions."""

LOOKUPS: Final[tuple[Task[Any, Any], ...]] = (
    SEARCH_INCIDENTS,
    FIND_INCIDENT,
    CREATE_SILENCE,
    EXPIRE_SILENCE,
    LIST_SILENCES,
)
"""What is looked up or noted, without words; the gateway's routes to these are written by hand."""

BY_NAME: Final[dict[str, Task[Any, Any]]] = {task.name: task for task in (*TASKS, *OF_ACTIONS, *LOOKUPS)}
