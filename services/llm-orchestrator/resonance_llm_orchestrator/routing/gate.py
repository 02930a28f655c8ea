"""The way to one provider: its breaker, its bulkhead, and what came of it last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.routing.breaker import Breaker, BreakerPolicy, BreakerState, Permit
from resonance_llm_orchestrator.routing.places import Places

SAYS_NOTHING: Final = frozenset({FailureKind.REFUSAL, FailureKind.CONTEXT_TOO_LONG, FailureKind.VETOED})
"""Failures for which the question is to blame: the breaker does not count them."""
FAIR_WAIT_S: Final = 0.5
"""Whoever waited for less has no right to call a provider slow."""

Clock = Callable[[], float]


class Gate:
    """The way to one provider.

    Attributes:
        name: Of the provider.
        succeeded_s, failed_s: When it was last of use and last was not, seconds since the epoch; None for never.
        failure: Why it failed last, "kind: sentence"; "" where it answered since.

    Args:
        name: Of the provider.
        policy: Of its breaker.
        concurrency: Requests at once.
        quota_s, auth_s: For how long it is left alone when the account is empty, or the key refused.
        clock: Any steady clock, seconds.
    """

    def __init__(
        self, name: str, policy: BreakerPolicy, concurrency: int, quota_s: float, auth_s: float, clock: Clock
    ) -> None:
        self.name = name
        self.succeeded_s: float | None = None
        self.failed_s: float | None = None
        self.failure = ""
        self._breaker = Breaker(policy)
        self._places = Places(concurrency)
        self._hold_s = {FailureKind.QUOTA: quota_s, FailureKind.AUTH: auth_s}
        self._clock = clock

    def state(self) -> BreakerState:
        """Of its breaker."""
        return self._breaker.state(self._clock())

    def open_for(self) -> float:
        """Seconds until it is asked again; 0 where it is not left alone."""
        return self._breaker.open_for(self._clock())

    def left_alone(self) -> ProviderFailure:
        """Why nobody asks it now."""
        return ProviderFailure(FailureKind.OPEN, f"It was not asked: it is left alone{self._for_how_long()}.")

    @asynccontextmanager
    async def passing(self, wait_s: float, leaving: int = 0) -> AsyncIterator[Permit]:
        """Leave for one request, and a place for it.

        Args:
            wait_s: Longest wait for a place, seconds.
            leaving: Places that have to be free beside it, for requests that matter more.

        Raises:
            ProviderFailure: It is left alone, or everything is occupied.
        """
        await self._place(wait_s, leaving)
        permit = None
        try:
            permit = self._breaker.ask(self._clock())
            if permit is None:
                raise self.left_alone()
            yield permit
        finally:
            if permit is not None:
                self._breaker.released(permit)
            self._places.give_back()

    def answered(self, permit: Permit) -> None:
        """A request was answered and the words were taken."""
        self.succeeded_s, self.failure = time.time(), ""
        self._breaker.succeeded(permit)

    def failed(self, permit: Permit, failure: ProviderFailure, waited_s: float, deadline: float) -> None:
        """A request failed; one that asks to be left alone beyond the deadline is left alone until then."""
        now = self._clock()
        hasty = failure.kind is FailureKind.TIMEOUT and waited_s < FAIR_WAIT_S
        if hasty or failure.kind in SAYS_NOTHING:
            return self._breaker.released(permit)
        self.failed_s, self.failure = time.time(), f"{failure.kind}: {failure}"
        self._breaker.failed(permit, now)
        if (hold_s := self._hold_s.get(failure.kind)) is not None:
            self._breaker.hold(now + max(hold_s, failure.retry_after_s or 0.0))
        elif failure.retry_after_s is not None and now + failure.retry_after_s > deadline:
            self._breaker.hold(now + failure.retry_after_s)

    async def _place(self, wait_s: float, leaving: int) -> None:
        free = self._places.is_free(leaving)
        if not free and wait_s <= 0:
            raise ProviderFailure(FailureKind.BUSY, "It was not asked: as many requests as it may have are under way.")
        try:
            async with asyncio.timeout(None if free else wait_s):
                await self._places.take(leaving)
        except TimeoutError as error:
            sentence = f"It was not asked: no place became free within {wait_s:.1f} s."
            raise ProviderFailure(FailureKind.BUSY, sentence) from error

    def _for_how_long(self) -> str:
        seconds = self.open_for()
        why = f", after {self.failure.rstrip('.')}" if self.failure else ""
        return (f" for {seconds:.0f} s more" if seconds else " until its probe has ended") + why
