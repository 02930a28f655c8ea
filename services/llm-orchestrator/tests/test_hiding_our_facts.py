"""No key of the facts that our own code makes is hidden, and no user is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from resonance_llm_orchestrator.alerts.brief_of import brief_of
from resonance_llm_orchestrator.brief import Brief
from resonance_llm_orchestrator.guard.hiding import hidden
from resonance_llm_orchestrator.logs.analysis import analyse
from resonance_llm_orchestrator.logs.answering import brief_of as log_brief_of
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_narration import Language, Role
from resonance_privacy import Pseudonyms
from resonance_tasks.catalogue import TASKS
from resonance_tasks.logs import LogsQuestion
from tests.bench.writing.scene import draft
from tests.support.offline_writer import OfflineWriter

LOG = ["2026-11-30 04:00:01 ERROR Connection timeout to 10.0.0.7", "2026-11-30 04:00:02 WARN queue is full"]


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inside in value.items():
            yield key
            yield from keys(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from keys(inside)


def hidden_keys(brief: Brief) -> list[str]:
    shown = hidden(brief.facts, Pseudonyms(b"key")).facts
    return [key for key in keys(shown) if key.startswith("field_")]


def test_of_alerts() -> None:
    brief = brief_of(draft(1))
    assert hidden_keys(brief) == []
    assert "u_0" not in json.dumps(hidden(brief.facts, Pseudonyms(b"key")).facts)


def test_of_logs() -> None:
    analysis = analyse(LogsQuestion(log_entries=LOG * 30))
    brief = log_brief_of(analysis, Language.ENGLISH, Role.DEVOPS)
    assert hidden_keys(brief) == []


class Looks(OfflineWriter):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.briefs: list[Brief] = []

    async def write(self, brief: Brief, deadline: float) -> Any:
        self.briefs.append(brief)
        return await super().write(brief, deadline)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
async def test_of_every_task(task: Any) -> None:
    writer = Looks()
    handlers = handlers_of(writer, Nobody())
    for example in task.question.model_json_schema()["examples"]:
        await handlers[task.name](task.question.model_validate(example), 0.0)
    assert writer.briefs
    for brief in writer.briefs:
        assert hidden_keys(brief) == []


class Nobody:
    """Knows no incident."""

    async def find(self, alert_id: str) -> None:
        return None
