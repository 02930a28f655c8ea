"""A circuit breaker (Nygard 2007, "Release It!"): a state machine with the time given from outside.

closed ──so many failures in a row──▶ open ──its time is over──▶ half open ──the one probe succeeds──▶ closed
                                       ▲                            │
                                       └──── the probe fails, longer ┘
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BreakerState(StrEnum):
    """Whether requests go through."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens and for how long.

    Attributes:
        failures: Failures in a row that open it.
        open_s: How long it is open first, seconds; twice as long after each probe that fails.
        longest_s: Longest time that it is open so, seconds.
    """

    failures: int = 5
    open_s: float = 5.0
    longest_s: float = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class Permit:
    """Leave to send one request.

    Attributes:
        era: Counts how often the breaker has opened or closed: what comes of a request of an earlier era says nothing.
        probe: Whether it is the one request of a half-open breaker.
    """

    era: int
    probe: bool


class Breaker:
    """One breaker. Every permit is to be given back by `succeeded`, `failed` or `released`."""

    def __init__(self, policy: BreakerPolicy) -> None:
        self._policy = policy
        self._failures = 0
        self._opened = 0
        self._until: float | None = None
        self._probe: Permit | None = None
        self._era = 0

    def state(self, now: float) -> BreakerState:
        """The state at a time, seconds."""
        if self._until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._until else BreakerState.HALF_OPEN

    def open_for(self, now: float) -> float:
        """Seconds until the next probe; 0 where it is not open."""
        return max(0.0, (self._until or now) - now)

    def ask(self, now: float) -> Permit | None:
        """Leave for one request; None where it is open, or half open with the probe under way."""
        match self.state(now):
            case BreakerState.CLOSED:
                return Permit(self._era, probe=False)
            case BreakerState.HALF_OPEN if self._probe is None:
                self._probe = Permit(self._era, probe=True)
                return self._probe
        return None

    def succeeded(self, permit: Permit) -> None:
        """A request was answered."""
        if permit.era != self._era:
            return
        self._failures = 0
        if permit.probe:
            self._opened = 0
            self._turn(None)

    def failed(self, permit: Permit, now: float) -> None:
        """A request failed in a way that the provider is to blame for."""
        if permit.era != self._era:
            return
        self._failures += 1
        if permit.probe or self._failures >= self._policy.failures:
            self._turn(now + min(self._policy.open_s * 2**self._opened, self._policy.longest_s))
            self._opened = min(self._opened + 1, 30)

    def released(self, permit: Permit) -> None:
        """A request came to no end, or to one that says nothing of the provider: the next one may probe."""
        if permit is self._probe:
            self._probe = None

    def hold(self, until: float) -> None:
        """Opens it until a time at least: the provider said so itself."""
        if self._until is None or until > self._until:
            self._turn(until)

    def _turn(self, until: float | None) -> None:
        self._until = until
        self._failures = 0
        self._probe = None
        self._era += 1
