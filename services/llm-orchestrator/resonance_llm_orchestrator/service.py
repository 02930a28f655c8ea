"""The shell: settings, providers, the store and one loop for each stage.

Each stage has a group of its own, so that a slow provider holds up explained alerts and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    TASKS_REQUESTED,
    USERS_ERASED,
    Service,
)
from resonance_llm_orchestrator.actions.component import Actions
from resonance_llm_orchestrator.alerts.authors import Authors
from resonance_llm_orchestrator.brief import OFFLINE
from resonance_llm_orchestrator.critique.handler import CritiqueHandler
from resonance_llm_orchestrator.forgetting import Forgetting
from resonance_llm_orchestrator.guard.guarding import ConstitutionalGuard
from resonance_llm_orchestrator.handlers import AlertHandler, ExplanationHandler
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.lookups import Lookups
from resonance_llm_orchestrator.tasks.pieces import LiveHandlers
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_llm_orchestrator.telling.assembly import Telling
from resonance_llm_orchestrator.word_store import RedisWordStore, WordStore
from resonance_llm_orchestrator.writing.assembly import writing_of
from resonance_llm_orchestrator.writing.live import Tell
from resonance_llm_orchestrator.writing.outcomes import Watch
from resonance_llm_orchestrator.writing.state_report import StateReport
from resonance_llm_orchestrator.writing.writer import RoutedWriter
from resonance_runtime.erasures import Erasures
from resonance_runtime.loop import RecordLoop
from resonance_runtime.service import Component, Runtime, run
from resonance_runtime.tables import TopicReader

# A batch with providers lasts several deadlines; it has to end well before it looks stuck.
WRITTEN_BATCH: Final = 4
# One critique may last nearly as long as what looks stuck.
JUDGED_BATCH: Final = 1
# Our own words take the processor, and nothing else runs meanwhile: a page among a storm waits for no more than these.
OWN_BATCH: Final = 25


class Outside:
    """What is open to the outside, closed after the loops have ended."""

    def __init__(self, writer: RoutedWriter, store: WordStore) -> None:
        self._writer = writer
        self._store = store

    async def start(self) -> None:
        """Connections open themselves when they are used."""

    async def stop(self) -> None:
        """Closes all of them."""
        await self._writer.close()
        await self._store.close()


def build(runtime: Runtime[OrchestratorSettings]) -> Sequence[Component]:
    """The parts of the service."""
    settings = runtime.settings
    logging.getLogger("openai").setLevel(settings.openai_log_level)
    logging.getLogger("anthropic").setLevel(settings.anthropic_log_level)
    writing = writing_of(settings, ConstitutionalGuard(settings.placeholder_key), Watch(runtime.health))
    store = RedisWordStore(settings.redis_url, settings.llm_critique_max_age_s)
    authors = Authors(writing.writer, settings.llm_deadline_s, settings.languages)
    runtime.health.details["writer"] = ", ".join([*writing.desk.gates, OFFLINE])
    erasures = Erasures()
    alerts = AlertHandler(runtime.publisher.send_all, erasures)
    judged = settings.llm_critique and not authors.deterministic
    explanations = ExplanationHandler(
        runtime.publisher.send_all, authors, store, settings.llm_concurrency, erasures, judged=judged
    )
    incidents = RecentIncidents(erasures)
    critiques = CritiqueHandler(runtime.publisher.send_all, writing.critic, store, incidents.find, erasures)
    forgetting = Forgetting(erasures, [] if authors.deterministic else [store.forget, writing.writer.forget])
    erased = TopicReader(runtime, [USERS_ERASED], forgetting.handle, from_start=True, name="erasures")
    # Questions reach any replica, so each one knows all incidents.
    known = TopicReader(
        runtime,
        [ALERTS_RAISED, ALERTS_ESCALATED, ALERTS_RESOLVED],
        incidents.handle,
        from_start=True,
        name="incidents",
        pause_s=0.5,
    )
    telling = Telling(runtime, erasures)
    actions = Actions(runtime, settings, incidents, erasures, [erased.caught_up, known.caught_up])
    lookups = Lookups(telling.index, telling.silences, runtime.publisher.send_all)
    handlers = {**handlers_of(writing.writer, incidents), **actions.handlers(), **lookups.handlers()}

    def live(tell: Tell) -> LiveHandlers:
        writer = writing.live(tell)
        return LiveHandlers(handlers_of(writer, incidents), writer)

    answering = Answering(handlers, runtime.publisher.send_all, settings.llm_task_concurrency, live)
    return [
        Outside(writing.writer, store),
        StateReport(runtime, writing.desk, writing.providers, writing.writer.spending, writing.desk.routes.allowance),
        answering,
        erased,
        known,
        *actions.components(),
        RecordLoop(runtime, group=_group("facts"), topics=[ALERTS_RAISED], handle=alerts.raised, max_batch=OWN_BATCH),
        RecordLoop(
            runtime,
            group=_group("escalated"),
            topics=[ALERTS_ESCALATED],
            handle=alerts.escalated,
            max_batch=OWN_BATCH,
        ),
        RecordLoop(
            runtime, group=_group("resolved"), topics=[ALERTS_RESOLVED], handle=alerts.resolved, max_batch=OWN_BATCH
        ),
        RecordLoop(
            runtime,
            group=_group("explained"),
            topics=[EXPLANATIONS_PRODUCED],
            handle=explanations.explained,
            max_batch=OWN_BATCH if authors.deterministic else WRITTEN_BATCH,
            concurrency=settings.llm_concurrency,
        ),
        *telling.components(),
        *([_critique(runtime, critiques, settings.llm_critique_concurrency)] if judged else []),
        RecordLoop(runtime, group=_group("tasks"), topics=[TASKS_REQUESTED], handle=answering.handle, max_batch=1),
    ]


def _critique(runtime: Runtime[OrchestratorSettings], critiques: CritiqueHandler, concurrency: int) -> RecordLoop:
    return RecordLoop(
        runtime,
        group=_group("critique"),
        topics=[ALERTS_ENRICHED],
        handle=critiques.enriched,
        max_batch=JUDGED_BATCH,
        concurrency=concurrency,
        needed=False,
    )


def _group(stage: str) -> str:
    return f"{Service.LLM_ORCHESTRATOR}.{stage}"


def main() -> None:
    """Runs the service until it is told to stop."""
    run(Service.LLM_ORCHESTRATOR, OrchestratorSettings, build)
