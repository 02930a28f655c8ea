"""The orchestrator's writer on a server of the loopback, with everything else in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from resonance_llm_orchestrator.brief import Brief, Guard, Text, Wording
from resonance_llm_orchestrator.budgets.ledger import LocalLedger
from resonance_llm_orchestrator.budgets.money import dollars
from resonance_llm_orchestrator.caching.local import LocalCache
from resonance_llm_orchestrator.critique.critic import Critic
from resonance_llm_orchestrator.guard.guarding import ConstitutionalGuard
from resonance_llm_orchestrator.providers.anthropic_provider import AnthropicProvider
from resonance_llm_orchestrator.providers.openai_provider import OpenAIProvider
from resonance_llm_orchestrator.providers.provider import Provider
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.routing.routes import ANY_TASK, Named, Route, Routes
from resonance_llm_orchestrator.routing.routes_file import read_routes
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.writer import RoutedWriter
from resonance_narration import Language, Role
from tests.support.llm_server import FACTS

OFFLINE_TEXTS = {
    Language.ENGLISH: Text("Flood", "187 messages a minute.", ["Limit the user."]),
    Language.RUSSIAN: Text("Поток", "187 сообщений в минуту.", ["Ограничьте пользователя."]),
}


def brief(*languages: Language, **changes: object) -> Brief:
    """A brief whose facts hold the numbers of the server's words; in both languages unless some are named."""
    offline = {language: OFFLINE_TEXTS[language] for language in languages or tuple(Language)}
    made = Brief("analyze_anomaly", FACTS, Role.DEVOPS, offline)
    return replace(made, **changes)  # type: ignore[arg-type]


def provider(name: str, url: str, *, max_tokens: int = 2000) -> Provider:
    """A provider at an address."""
    if name == "openai":
        return OpenAIProvider("sk-open", "gpt-5.4-mini", f"{url}/v1", max_tokens, 0.3)
    return AnthropicProvider("sk-anth", "claude-haiku-5-5", url, max_tokens)


def routes_of(names: Sequence[str], routes: Routes | None = None) -> Routes:
    """The package's routes, with these candidates for every task."""
    base = read_routes(None) if routes is None else routes
    return replace(base, tasks={ANY_TASK: Route(tuple(map(Named.parse, names)))})


@dataclass
class Scene:
    """A writer and what is seen of it.

    Attributes:
        writer: The writer.
        critic: Has words of one provider judged by another, within 2 s.
        desk: Its gates.
        outcomes: Every attempt.
    """

    writer: RoutedWriter
    critic: Critic
    desk: Desk
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def cost(self) -> float:
        """What was counted for all attempts, dollars."""
        return dollars(sum(outcome.cost for outcome in self.outcomes))

    async def write(self, asked: Brief, deadline_s: float = 1.5) -> tuple[Wording, float]:
        """The words, and how long they took."""
        clock = asyncio.get_running_loop().time
        started = clock()
        wording = await self.writer.write(asked, started + deadline_s)
        return wording, clock() - started


def scene(
    providers: Sequence[Provider],
    *,
    routes: Routes | None = None,
    guard: Guard | None = None,
    uniform: Callable[[float, float], float] = lambda low, high: (low + high) / 2,
) -> Scene:
    """A writer that asks these providers in this order."""
    loop = asyncio.get_running_loop()
    told = routes_of([p.name for p in providers]) if routes is None else routes
    desk = Desk(told, {p.name: p.model for p in providers}, loop.time)
    outcomes: list[Outcome] = []
    guard = ConstitutionalGuard(b"a key of the tests") if guard is None else guard
    writer = RoutedWriter(
        desk,
        {p.name: p for p in providers},
        LocalLedger(told.allowance),
        LocalCache(told.cache_entries, told.cache_ttl_s, loop.time),
        guard,
        outcomes.append,
        uniform,
    )
    critic = Critic(writer.turns, desk, writer.spending, guard, 2.0)
    return Scene(writer, critic, desk, outcomes)
