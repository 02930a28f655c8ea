"""Which tasks there are. The gateway's routes and the orchestrator's table of handlers are made from it."""

from __future__ import annotations

from typing import Any, Final

from resonance_tasks.task import Task

TASKS: Final[tuple[Task[Any, Any], ...]] = ()

BY_NAME: Final[dict[str, Task[Any, Any]]] = {task.name: task for task in TASKS}
