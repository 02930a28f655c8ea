"""What the file of routes says: who can be asked for which task, in which order, within which limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from resonance_llm_orchestrator.budgets.ledger import Allowance
from resonance_llm_orchestrator.budgets.money import Price, worst
from resonance_llm_orchestrator.routing.breaker import BreakerPolicy

ANY_TASK: Final = "default"
OWN_PROVIDERS: Final = ("openai", "anthropic")
"""Providers whose settings are in the environment."""
LEAST_CONTEXT: Final = 8_000
"""Tokens that a model is taken to read of which nothing else is known."""


class Prefer(StrEnum):
    """What decides between candidates that can be asked."""

    ORDER = "order"
    PRICE = "price"
    LATENCY = "latency"


class UnknownPrice(StrEnum):
    """What becomes of a model without a price."""

    WORST = "worst"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model.

    Attributes:
        price: What it costs; None where nobody said.
        context: Tokens that it reads and writes at most.
    """

    price: Price | None = None
    context: int = LEAST_CONTEXT


@dataclass(frozen=True, slots=True)
class FurtherProvider:
    """A provider that the file adds to those of the environment.

    Attributes:
        protocol: "openai" or "anthropic".
        base_url: Where it is.
        model: Model that is asked for where a candidate names none.
        key_variable: Environment variable with its key; "" where it needs none.
    """

    protocol: str
    base_url: str
    model: str
    key_variable: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A candidate as the file names it: "provider" or "provider/model".

    Attributes:
        provider: Who.
        model: Which of its models; "" for the one of its settings.
    """

    provider: str
    model: str = ""

    @classmethod
    def parse(cls, text: str) -> Named:
        """From the file; the name of a model may hold further slashes."""
        provider, _, model = text.partition("/")
        return cls(provider, model)


@dataclass(frozen=True, slots=True)
class Route:
    """How one task is routed.

    Attributes:
        candidates: Who can be asked, the preferred first.
        prefer: What decides between them.
        rounds: How often each is asked at most.
    """

    candidates: Sequence[Named]
    prefer: Prefer = Prefer.ORDER
    rounds: int = 2


@dataclass(frozen=True, slots=True)
class Routes:
    """The whole file.

    Attributes:
        tasks: Routes by task; `ANY_TASK` is of those that are not named.
        models: What is known of models, by name.
        further: Providers beside those of the environment, by name.
        concurrency: Requests at once, by provider.
        allowance: What may be spent in a day.
        unknown_price: What becomes of a model without a price.
        breaker: When a provider is left alone.
        quota_s, auth_s: For how long one is left alone whose account is empty, or that refuses the key, seconds.
        cache_ttl_s: How long words are kept, seconds; 0 for not at all.
        cache_entries: How many this process keeps itself.
    """

    tasks: Mapping[str, Route]
    models: Mapping[str, ModelFacts] = field(default_factory=dict)
    further: Mapping[str, FurtherProvider] = field(default_factory=dict)
    concurrency: Mapping[str, int] = field(default_factory=dict)
    allowance: Allowance = field(default_factory=Allowance)
    unknown_price: UnknownPrice = UnknownPrice.WORST
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    quota_s: float = 3600.0
    auth_s: float = 300.0
    cache_ttl_s: int = 86_400
    cache_entries: int = 10_000
    _found: dict[str, ModelFacts] = field(default_factory=dict, init=False, compare=False, repr=False)

    def route(self, task: str) -> Route:
        """The route of a task."""
        return self.tasks.get(task) or self.tasks[ANY_TASK]

    def facts_of(self, model: str) -> ModelFacts:
        """What is known of a model; dated names ("gpt-5.4-mini-2026-03-17") are of the model they begin with."""
        if (known := self._found.get(model)) is None:
            name = max((name for name in self.models if _is_of(model, name)), key=len, default=None)
            known = self._found[model] = ModelFacts() if name is None else self.models[name]
        return known

    def worst_price(self) -> Price:
        """The highest that is known."""
        return worst([facts.price for facts in self.models.values() if facts.price is not None])


def _is_of(model: str, name: str) -> bool:
    rest = model.removeprefix(name)
    return model == name or (model.startswith(name) and rest[0] in "-@" and rest[1:].replace("-", "").isdigit())
