"""Money as whole nano-dollars, so that sums are exact; and what tokens cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

NANO: Final = 1_000_000_000


def nano(dollars: float) -> int:
    """Dollars as nano-dollars, rounded up."""
    return ceil(round(dollars * NANO, 3))


def dollars(amount: int) -> float:
    """Nano-dollars as dollars."""
    return amount / NANO


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens cost, US dollars for a million.

    Attributes:
        input, output: Tokens that are read and written. Cached ones count as read: never less than what is charged.
        long_from: Tokens read from which on a request has the other rate; None where there is one rate.
        long_input, long_output: That rate.
    """

    input: float
    output: float
    long_from: int | None = None
    long_input: float = 0.0
    long_output: float = 0.0

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """Cost of one request, nano-dollars, rounded up."""
        long = self.long_from is not None and tokens_in >= self.long_from
        read, written = (self.long_input, self.long_output) if long else (self.input, self.output)
        return ceil(round((tokens_in * read + tokens_out * written) * (NANO // 1_000_000), 3))


def worst(prices: list[Price]) -> Price:
    """A price that is nowhere below any of some."""
    return Price(
        max((max(p.input, p.long_input) for p in prices), default=0.0),
        max((max(p.output, p.long_output) for p in prices), default=0.0),
    )
