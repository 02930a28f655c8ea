"""Five readers of each task: what they are told and advised differs in content, not in wording alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from itertools import combinations, product
from typing import Any, Final

import pytest

from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_llm_orchestrator.writing.prompts import ANY, instructions
from resonance_narration import Language, Role
from resonance_runtime.erasures import Erasures
from resonance_tasks.catalogue import TASKS
from resonance_tasks.task import Answer, Task
from tests.support.offline_writer import OfflineWriter

FEATURES: Final = {"burstiness_score": 0.8, "ip_entropy": 3.5, "error_rate": 0.15}
SHARES: Final = {"burstiness_score": 0.45, "ip_entropy": 0.32, "error_rate": -0.18}
LOG: Final = [f"2026-11-30 07:00:{n % 60:02d} ERROR db: connection refused to 10.0.0.{n % 5}" for n in range(60)]
PLAYER: Final = {"rtt_ms": 250, "jitter_ms": 40, "loss": 0.05, "usual": {"rtt_ms": 40, "jitter_ms": 5, "loss": 0.001}}
QUESTIONS: Final[dict[str, dict[str, Any]]] = {
    "explain_prediction": {"model_name": "anomaly_detection", "features": FEATURES, "attributions": SHARES},
    "analyze_anomaly": {"anomaly_data": {"features": FEATURES, "confidence": 0.85}, "ml_explanation": SHARES},
    "generate_smart_alert": {"alert_data": {"metric": "error_rate", "value": 0.25, "threshold": 0.1}},
    "incident_plan": {"incident": {"kind": "token_sharing", "severity": "high", "features": {"jwt_token_reuse": 5}}},
    "analyze_logs": {"log_entries": LOG},
    "analyze_performance_patterns": {
        "metrics": {"cpu": 80.0},
        "time_series_data": {"cpu": [10.0] * 40 + [80.0] * 40, "rt": [1.0] * 40 + [5.0] * 40},
    },
    "assistant_lag": {"player": PLAYER, "neighbours": [{"rtt_ms": 42, "jitter_ms": 5, "loss": 0.001}]},
}
MOST_ALIKE: Final = 1 / 3
"""Of the words of two readers together, at most so many are in both: the same content in another tone has more."""


def stems(text: str) -> set[str]:
    """Longer words of a text without their endings."""
    return {word[:6] for word in re.findall(r"[a-zа-яё]{5,}", text.lower())}


def alike(one: Iterable[str], other: Iterable[str]) -> float:
    """Share of the words of both that are in both (Jaccard)."""
    mine, theirs = stems(" ".join(one)), stems(" ".join(other))
    return len(mine & theirs) / len(mine | theirs)


async def asked(task: Task[Any, Any], role: Role, language: Language) -> Answer:
    """What our own writer answers a reader."""
    question = {**QUESTIONS[task.name], "recipient_role": role, "language": language}
    handle = handlers_of(OfflineWriter(), RecentIncidents(Erasures()))[task.name]
    return await handle(task.question.model_validate(question), asyncio.get_running_loop().time() + 5)


@pytest.mark.parametrize(
    ("task", "language"), list(product(TASKS, Language)), ids=lambda one: getattr(one, "name", one)
)
async def test_each_reader_of_a_task_is_told_and_advised_something_else(
    task: Task[Any, Any], language: Language
) -> None:
    answers = {role: await asked(task, role, language) for role in Role}
    for one, other in combinations(Role, 2):
        mine, theirs = answers[one], answers[other]
        assert mine.summary != theirs.summary, (one, other)
        assert not set(mine.recommendations) & set(theirs.recommendations), (one, other)
        assert alike(mine.recommendations, theirs.recommendations) <= MOST_ALIKE, (one, other)


@pytest.mark.parametrize("language", Language)
async def test_whoever_decides_reads_no_templates_and_whoever_mends_reads_them(language: Language) -> None:
    (logs,) = (task for task in TASKS if task.name == "analyze_logs")
    for role in Role:
        summary = (await asked(logs, role, language)).summary
        assert ("connection refused" in summary) is (role not in (Role.SUPPORT, Role.MANAGEMENT))


def test_the_same_advice_in_another_tone_is_not_taken_for_other_advice() -> None:
    plain = ["Compare the beginning of the errors with the last release and roll it back if they match."]
    polite = ["Please be so kind to compare the beginning of those errors with the last release; roll it back then."]
    assert alike(plain, polite) > MOST_ALIKE


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_each_task_has_instructions_of_its_own_that_ask_for_something_else_for_each_reader(
    task: Task[Any, Any],
) -> None:
    told = instructions(task.name)
    assert told.version.startswith(f"{task.name}.v")
    assert told.text.partition("\n")[0] != instructions(ANY).text.partition("\n")[0]
    rows = [line.partition("`: ")[2] for line in told.text.splitlines() if line.startswith("- `")]
    assert len(rows) == len(Role)
    for one, other in combinations(rows, 2):
        assert alike([one], [other]) <= MOST_ALIKE


def test_instructions_on_lag_name_every_fact_that_is_told_of_it() -> None:
    said = instructions("assistant_lag").text
    for party in ("client", "access", "route", "server", "service"):
        assert f"`{party}`" in said
    assert "close" in said and "confidence" in said and "nothing is out of the ordinary" in said
