"""What one request may cost before it is sent, and what it did cost after it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from resonance_llm_orchestrator.budgets.ledger import Ledger, Reservation, Spent
from resonance_llm_orchestrator.budgets.money import Price, dollars
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage
from resonance_llm_orchestrator.providers.provider import Prompt, Provider
from resonance_llm_orchestrator.routing.routes import Routes, UnknownPrice
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable

log = logging.getLogger(__name__)

AROUND: Final = 500
"""Tokens that a provider puts around a prompt: roles, and its own words about the form of the answer."""


class Spending:
    """Reserves and settles.

    Args:
        routes: Prices, and what becomes of models without one.
        ledger: Where it is counted.
    """

    def __init__(self, routes: Routes, ledger: Ledger) -> None:
        self._routes = routes
        self._ledger = ledger
        self._alarmed: set[str] = set()
        self.spent: dict[str, int] = {}
        """What was spent or reserved lately, nano-dollars: "day", and each task."""

    def price_of(self, model: str) -> Price | None:
        """What a model counts as; None where it is not to be asked."""
        if (known := self._routes.facts_of(model).price) is not None:
            return known
        highest = self._routes.worst_price()
        return highest if self._routes.unknown_price is UnknownPrice.WORST and highest.output > 0 else None

    def most(self, price: Price, prompt: Prompt, max_tokens: int) -> int:
        """The most that a request can cost, nano-dollars."""
        return price.cost(most_tokens(prompt), max_tokens)

    async def reserve(
        self, task: str, provider: Provider, prompt: Prompt, deadline: float
    ) -> tuple[Reservation, Price]:
        """Sets aside the most that a request can cost; waits for the ledger until `deadline`, on the loop's clock.

        Raises:
            ProviderFailure: The request must not be sent.
        """
        if self._routes.facts_of(provider.model).price is None:
            self._alarm(provider)
        price = self.price_of(provider.model)
        if price is None:
            sentence = f"It was not asked: the file of routes has no price of {provider.model}."
            raise ProviderFailure(FailureKind.UNPRICED, sentence)
        try:
            async with asyncio.timeout_at(deadline):
                reservation, spent = await self._ledger.reserve(task, self.most(price, prompt, provider.max_tokens))
        except Unavailable as fault:
            raise ProviderFailure(FailureKind.BUDGET, f"It was not asked: {fault}") from fault
        except TimeoutError as error:
            raise ProviderFailure(FailureKind.BUDGET, "It was not asked: the ledger did not answer.") from error
        self._tell(task, spent)
        if reservation is None:
            sentence = f"It was not asked: it could cost more than is left of today's budget of {self._whose(task)}."
            raise ProviderFailure(FailureKind.BUDGET, sentence)
        return reservation, price

    async def settle(self, reservation: Reservation, cost: int) -> None:
        """Replaces a reservation by what the request did cost; where nobody can be told, it stays reserved."""
        try:
            self._tell(reservation.task, await self._ledger.settle(reservation, cost))
        except Unavailable as fault:
            log.warning("a reservation was not settled", extra={"task": reservation.task, "reason": str(fault)})
        if cost > reservation.amount:
            log.error("a request cost more than was reserved", extra={"task": reservation.task, "nano_dollars": cost})

    def cost(self, reservation: Reservation, price: Price, usage: Usage | None, may_cost: bool) -> int:
        """What a request did cost, nano-dollars: as its usage says, else all that was reserved unless it was free."""
        if usage is not None:
            return price.cost(usage.tokens_in, usage.tokens_out)
        return reservation.amount if may_cost else 0

    def _whose(self, task: str) -> str:
        return f"all tasks or of {task}" if self._ledger.allowance.of(task) is not None else "all tasks"

    def _alarm(self, provider: Provider) -> None:
        metrics.LLM_UNPRICED.labels(provider=provider.name, model=provider.model).inc()
        if provider.model not in self._alarmed:
            self._alarmed.add(provider.model)
            log.error(
                "a model has no price in the file of routes",
                extra={"model": provider.model, "counted_as": self._routes.unknown_price},
            )

    def _tell(self, task: str, spent: Spent) -> None:
        allowance = self._ledger.allowance
        for scope, sum_, limit in (("day", spent.day, allowance.day), (task, spent.task, allowance.of(task))):
            self.spent[scope] = sum_
            if limit is not None:
                metrics.LLM_BUDGET.labels(scope=scope).set(dollars(limit))
                metrics.LLM_BUDGET_LEFT.labels(scope=scope).set(dollars(limit - sum_))


def most_tokens(prompt: Prompt) -> int:
    """The most tokens a prompt can be: every byte one, as tokenizers of bytes have it at worst."""
    parts = [prompt.instructions, prompt.data]
    if prompt.rejected is not None:
        parts += [prompt.rejected.text, prompt.rejected.complaint]
    form = 0 if prompt.schema is None else len(json.dumps(prompt.schema))
    return sum(map(_bytes_of, parts)) + form + AROUND


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def allowance_left(limit: int | None, spent: Mapping[str, Any], scope: str) -> float | None:
    """What is left of a budget, dollars; None where nothing limits it."""
    return None if limit is None else dollars(limit - int(spent.get(scope, 0)))
