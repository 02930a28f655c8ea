"""The form of the file of routes, as pydantic checks it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resonance_llm_orchestrator.budgets.ledger import Allowance
from resonance_llm_orchestrator.budgets.money import Price, nano
from resonance_llm_orchestrator.routing.breaker import BreakerPolicy
from resonance_llm_orchestrator.routing.routes import (
    ANY_TASK,
    LEAST_CONTEXT,
    OWN_PROVIDERS,
    FurtherProvider,
    ModelFacts,
    Named,
    Prefer,
    Route,
    Routes,
    UnknownPrice,
)

Money = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
PerMillion = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=7 * 86_400, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


class Form(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(extra="forbid")


class BudgetForm(Form):
    """`[budget]`."""

    day: Money | None = None
    unknown_price: UnknownPrice = UnknownPrice.WORST
    tasks: dict[Name, Money] = {}

    def allowance(self) -> Allowance:
        """In nano-dollars."""
        day = None if self.day is None else nano(self.day)
        return Allowance(day, {task: nano(amount) for task, amount in self.tasks.items()})


class BreakerForm(Form):
    """`[breaker]`."""

    failures: Annotated[int, Field(ge=1, le=1000)] = 5
    open_s: Seconds = 5
    longest_s: Seconds = 300
    quota_s: Seconds = 3600
    auth_s: Seconds = 300


class CacheForm(Form):
    """`[cache]`."""

    ttl_s: Annotated[int, Field(ge=0, le=30 * 86_400)] = 86_400
    entries: Annotated[int, Field(ge=0, le=1_000_000)] = 10_000


class ProviderForm(Form):
    """`[providers.NAME]`; all but `concurrency` is for those that the environment does not set."""

    concurrency: int = Field(8, ge=1, le=1000)
    protocol: Literal["openai", "anthropic"] | None = None
    base_url: str | None = Field(None, pattern=r"^https?://[^\s/]+")
    model: str | None = Field(None, min_length=1)
    key_variable: str = Field("", pattern=r"^[A-Z][A-Z0-9_]*$|^$")


class ModelForm(Form):
    """`[models."NAME"]`."""

    input: PerMillion | None = None
    output: PerMillion | None = None
    context: int = Field(LEAST_CONTEXT, ge=100, le=100_000_000)
    long_from: int | None = Field(None, ge=1)
    long_input: PerMillion = 0
    long_output: PerMillion = 0

    @model_validator(mode="after")
    def _a_whole_price(self) -> Self:
        if (self.input is None) != (self.output is None):
            raise ValueError("has one of input and output; a price is both")
        if self.long_from is not None and not (self.long_input and self.long_output):
            raise ValueError("has long_from; the rate from there on is long_input and long_output")
        return self

    def facts(self) -> ModelFacts:
        """What is known of the model."""
        if self.input is None or self.output is None:
            return ModelFacts(None, self.context)
        price = Price(self.input, self.output, self.long_from, self.long_input, self.long_output)
        return ModelFacts(price, self.context)


class RouteForm(Form):
    """`[tasks.NAME]`."""

    candidates: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}(/\S+)?$")]] = Field(min_length=1)
    prefer: Prefer = Prefer.ORDER
    rounds: int = Field(2, ge=1, le=5)

    def route(self) -> Route:
        """The route."""
        return Route(tuple(map(Named.parse, dict.fromkeys(self.candidates))), self.prefer, self.rounds)


class RoutesForm(Form):
    """The file."""

    version: Literal[1]
    budget: BudgetForm = BudgetForm()
    breaker: BreakerForm = BreakerForm()
    cache: CacheForm = CacheForm()
    providers: dict[Name, ProviderForm] = {}
    models: dict[str, ModelForm] = {}
    tasks: dict[Name, RouteForm]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if ANY_TASK not in self.tasks:
            raise ValueError("has no [tasks.default], which tasks without a table of their own need")
        for name, form in self.providers.items():
            _check(name, form)
        known = {*OWN_PROVIDERS, *self.providers}
        for task, route in self.tasks.items():
            if strange := [c for c in route.candidates if Named.parse(c).provider not in known]:
                raise ValueError(f"has no provider for candidate {strange[0]} of tasks.{task}; it has {sorted(known)}")
        return self

    def routes(self) -> Routes:
        """What it says."""
        kept: dict[str, Any] = {"quota_s": self.breaker.quota_s, "auth_s": self.breaker.auth_s}
        return Routes(
            {task: form.route() for task, form in self.tasks.items()},
            {name: form.facts() for name, form in self.models.items()},
            {
                name: FurtherProvider(form.protocol, form.base_url, form.model, form.key_variable)
                for name, form in self.providers.items()
                if form.protocol and form.base_url and form.model
            },
            {name: form.concurrency for name, form in self.providers.items()},
            self.budget.allowance(),
            self.budget.unknown_price,
            BreakerPolicy(self.breaker.failures, self.breaker.open_s, self.breaker.longest_s),
            cache_ttl_s=self.cache.ttl_s,
            cache_entries=self.cache.entries,
            **kept,
        )


def _check(name: str, form: ProviderForm) -> None:
    told = (form.protocol, form.base_url, form.model)
    if name in OWN_PROVIDERS and any((*told, form.key_variable)):
        raise ValueError(f"says more than concurrency of providers.{name}, which has its settings in the environment")
    if name not in OWN_PROVIDERS and not all(told):
        raise ValueError(f"does not say protocol, base_url and model of providers.{name}, which the environment lacks")
