"""The writer as the settings want it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from resonance_llm_orchestrator.brief import Guard
from resonance_llm_orchestrator.budgets.redis_ledger import RedisLedger
from resonance_llm_orchestrator.caching.shared import SharedCache
from resonance_llm_orchestrator.critique.critic import Critic
from resonance_llm_orchestrator.failures import RoutesError
from resonance_llm_orchestrator.providers.making import providers_of
from resonance_llm_orchestrator.providers.provider import Provider
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.routing.routes_file import read_routes
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_llm_orchestrator.writing.live import LiveWriter, Tell
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.streams import Streams
from resonance_llm_orchestrator.writing.writer import RoutedWriter
from resonance_runtime.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Writing:
    """The writer and what is shown of it.

    Attributes:
        writer: Puts facts into words.
        critic: Has words of one provider judged by another.
        desk: Who can be asked.
        providers: By name of the candidate.
        streams: Texts as they are written.
    """

    writer: RoutedWriter
    critic: Critic
    desk: Desk
    providers: Mapping[str, Provider]
    streams: Streams

    def live(self, tell: Tell) -> LiveWriter:
        """A writer for one question, whose sentences are told as they come."""
        return LiveWriter(self.writer, self.desk, self.streams, tell)


def writing_of(settings: OrchestratorSettings, guard: Guard, observe: Callable[[Outcome], None]) -> Writing:
    """The writer.

    Raises:
        SettingsError: The file of routes is wrong.
    """
    try:
        routes = read_routes(settings.llm_routes_file)
        providers = providers_of(settings, routes)
    except RoutesError as error:
        raise SettingsError(f"RESONANCE_LLM_ROUTES_FILE is {str(settings.llm_routes_file)!r}: {error}") from error
    desk = Desk(routes, {name: provider.model for name, provider in providers.items()}, time.monotonic)
    ledger = RedisLedger(settings.redis_url, routes.allowance)
    cache = SharedCache(settings.redis_url, routes.cache_entries, routes.cache_ttl_s)
    writer = RoutedWriter(desk, providers, ledger, cache, guard, observe)
    critic = Critic(writer.turns, desk, writer.spending, guard, settings.llm_critique_deadline_s)
    return Writing(writer, critic, desk, providers, Streams(desk, providers, writer.spending, observe))
