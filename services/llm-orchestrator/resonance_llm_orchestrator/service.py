"""The shell: settings, providers, the store and one loop for each stage.

Each stage has a group of its own, so that a slow provider holds up explained alerts and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from resonance_contracts.topics import (
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    TASKS_REQUESTED,
    USERS_ERASED,
    Service,
)
from resonance_llm_orchestrator.authors import Authors
from resonance_llm_orchestrator.brief import Writer
from resonance_llm_orchestrator.enriched import OFFLINE
from resonance_llm_orchestrator.forgetting import Forgetting
from resonance_llm_orchestrator.handlers import AlertHandler, ExplanationHandler
from resonance_llm_orchestrator.outcomes import Watch
from resonance_llm_orchestrator.provider import Provider
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.offline import OfflineWriter
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_llm_orchestrator.word_store import RedisWordStore, WordStore
from resonance_runtime.erasures import Erasures
from resonance_runtime.loop import RecordLoop
from resonance_runtime.service import Component, Runtime, run
from resonance_runtime.tables import TopicReader

# A batch with providers lasts several deadlines; it has to end well before it looks stuck.
WRITTEN_BATCH: Final = 4


class Outside:
    """The connections to providers and store, closed after the loops have ended."""

    def __init__(self, providers: Sequence[Provider], store: WordStore) -> None:
        self._providers = providers
        self._store = store

    async def start(self) -> None:
        """Connections open themselves when they are used."""

    async def stop(self) -> None:
        """Closes all of them."""
        for provider in self._providers:
            await provider.close()
        await self._store.close()


def providers_of(settings: OrchestratorSettings) -> list[Provider]:
    """Providers that have a key, in the order in which they are asked.

    Their SDKs take seconds to import, so only those that are used are.
    """
    providers: list[Provider] = []
    if key := settings.openai_api_key.get_secret_value():
        from resonance_llm_orchestrator.openai_provider import OpenAIProvider

        providers.append(
            OpenAIProvider(
                key,
                settings.openai_model,
                settings.openai_base_url,
                settings.openai_max_tokens,
                settings.openai_temperature,
            )
        )
    if key := settings.anthropic_api_key.get_secret_value():
        from resonance_llm_orchestrator.anthropic_provider import AnthropicProvider

        providers.append(
            AnthropicProvider(key, settings.anthropic_model, settings.anthropic_base_url, settings.anthropic_max_tokens)
        )
    return providers


def writer_of(settings: OrchestratorSettings, runtime: Runtime[OrchestratorSettings]) -> Writer:
    """Who words the answers of tasks."""
    return OfflineWriter()


def build(runtime: Runtime[OrchestratorSettings]) -> Sequence[Component]:
    """The parts of the service."""
    settings = runtime.settings
    logging.getLogger("openai").setLevel(settings.openai_log_level)
    logging.getLogger("anthropic").setLevel(settings.anthropic_log_level)
    providers, store = providers_of(settings), RedisWordStore(settings.redis_url)
    authors = Authors(providers, settings.llm_deadline_s, Watch(runtime.health))
    runtime.health.details["writer"] = ", ".join([*(p.name for p in providers), OFFLINE])
    erasures = Erasures()
    alerts = AlertHandler(runtime.publisher.send_all, erasures)
    explanations = ExplanationHandler(runtime.publisher.send_all, authors, store, settings.llm_concurrency, erasures)
    incidents = RecentIncidents(erasures)
    handlers = handlers_of(writer_of(settings, runtime), incidents)
    answering = Answering(handlers, runtime.publisher.send_all, settings.llm_task_concurrency)
    forgetting = Forgetting(erasures, store, kept=not authors.deterministic)
    return [
        Outside(providers, store),
        answering,
        TopicReader(runtime, [USERS_ERASED], forgetting.handle, from_start=True, name="erasures"),
        # Questions reach any replica, so each one knows all incidents.
        TopicReader(
            runtime, [ALERTS_RAISED, ALERTS_RESOLVED], incidents.handle, from_start=True, name="incidents", pause_s=0.5
        ),
        RecordLoop(runtime, group=_group("facts"), topics=[ALERTS_RAISED], handle=alerts.raised),
        RecordLoop(runtime, group=_group("resolved"), topics=[ALERTS_RESOLVED], handle=alerts.resolved),
        RecordLoop(
            runtime,
            group=_group("explained"),
            topics=[EXPLANATIONS_PRODUCED],
            handle=explanations.explained,
            max_batch=WRITTEN_BATCH if providers else 500,
            concurrency=settings.llm_concurrency,
        ),
        RecordLoop(runtime, group=_group("tasks"), topics=[TASKS_REQUESTED], handle=answering.handle, max_batch=1),
    ]


def _group(stage: str) -> str:
    return f"{Service.LLM_ORCHESTRATOR}.{stage}"


def main() -> None:
    """Runs the service until it is told to stop."""
    run(Service.LLM_ORCHESTRATOR, OrchestratorSettings, build)
