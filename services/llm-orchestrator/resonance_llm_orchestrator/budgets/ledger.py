"""What was spent today, of the whole and of each task: reserved before a request, settled after it.

A reservation is the most that a request can cost. It counts as spent until it is settled, so requests at the same time
cannot overrun a budget together; one that is never settled, because a process died, stays spent until the day is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

Today = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be spent in a day, nano-dollars; None where nothing limits it.

    Attributes:
        day: All tasks together.
        tasks: Each of some tasks.
    """

    day: int | None = None
    tasks: Mapping[str, int] | None = None

    def of(self, task: str) -> int | None:
        """What one task may spend."""
        return None if self.tasks is None else self.tasks.get(task)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money that is set aside.

    Attributes:
        day: Whose it is.
        task: Whose it is.
        amount: Nano-dollars.
    """

    day: str
    task: str
    amount: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What is spent or reserved of a day, nano-dollars.

    Attributes:
        day: Of all tasks.
        task: Of the task that was asked about.
    """

    day: int
    task: int


class Ledger(Protocol):
    """Keeps what was spent."""

    @property
    def allowance(self) -> Allowance:
        """What may be spent."""

    async def reserve(self, task: str, amount: int) -> tuple[Reservation | None, Spent]:
        """Sets money aside, or None where it would be more than is allowed; and what is spent with it.

        Raises:
            Unavailable: It cannot be known what was spent.
        """

    async def settle(self, reservation: Reservation, cost: int) -> Spent:
        """Replaces a reservation by what the request did cost.

        Raises:
            Unavailable: The reservation stays spent.
        """

    async def close(self) -> None:
        """Closes the connections."""


def utc_day() -> str:
    """Today, as budgets count days."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


class LocalLedger:
    """A ledger of this process alone."""

    def __init__(self, allowance: Allowance, today: Today = utc_day) -> None:
        self._allowance = allowance
        self._today = today
        self._day = ""
        self._whole = 0
        self._tasks: defaultdict[str, int] = defaultdict(int)

    @property
    def allowance(self) -> Allowance:
        """See `Ledger.allowance`."""
        return self._allowance

    async def reserve(self, task: str, amount: int) -> tuple[Reservation | None, Spent]:
        """See `Ledger.reserve`."""
        self._turn()
        limits = ((self._whole, self._allowance.day), (self._tasks[task], self._allowance.of(task)))
        if any(limit is not None and spent + amount > limit for spent, limit in limits):
            return None, Spent(self._whole, self._tasks[task])
        return Reservation(self._day, task, amount), self._add(task, amount)

    async def settle(self, reservation: Reservation, cost: int) -> Spent:
        """See `Ledger.settle`."""
        self._turn()
        change = cost - reservation.amount if reservation.day == self._day else 0
        return self._add(reservation.task, change)

    async def close(self) -> None:
        """Nothing to close."""

    def _add(self, task: str, amount: int) -> Spent:
        self._whole += amount
        self._tasks[task] += amount
        return Spent(self._whole, self._tasks[task])

    def _turn(self) -> None:
        if (day := self._today()) != self._day:
            self._day, self._whole = day, 0
            self._tasks.clear()
