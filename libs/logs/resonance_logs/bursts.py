"""When a template came in bursts: far more often than at its own rate, by a scan statistic with a stated error.

Null hypothesis: a template's entries fall into the buckets of the log at random, each bucket alike, as those of a
Poisson process do, given their number. Under it the entries in a window that is a share q of the buckets are binomial,
and at least a share p > q of n entries falls into it with a probability of at most exp(-n KL(p || q)) (Chernoff). Every
window of 1, 2, 4, ... buckets up to half of them is looked at, of every template; the bound is held against
`FALSE_ALARM` divided by the number of windows looked at (Bonferroni). So of a hundred logs in which nothing bursts, at
most one has any burst reported.

Where the log as a whole is busier in a window, the window's share of the whole log's entries stands for q, so that what
merely keeps pace is no burst; that makes the bound larger, and the error smaller. Buckets in which the log has nothing
at all are left out: nobody knows whether it was written then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, log
from typing import Final

FALSE_ALARM: Final = 0.01
LEAST: Final = 5
"""Entries of a burst."""
LEAST_TIMES: Final = 3.0
"""Times the template's own rate: less is no burst, however sure."""

SMALLEST: Final = 1e-99


@dataclass(frozen=True, slots=True)
class Burst:
    """The strongest burst of a template.

    Attributes:
        start, end: First bucket and the one after the last, of those the log has something in.
        count: Entries in it.
        expected: Entries that the template's own rate would bring in so many buckets.
        chance: Bound on the probability of such a burst anywhere in the log by chance.
    """

    start: int
    end: int
    count: int
    expected: float
    chance: float


def burst(counts: Sequence[int], whole: Sequence[int], templates: int) -> Burst | None:
    """The strongest burst of a template; None where none passes the test.

    Args:
        counts: Its entries in each bucket that the log has something in, by time.
        whole: Entries of the whole log in the same buckets.
        templates: How many templates are looked at.
    """
    buckets, total = len(counts), sum(counts)
    widths = [1 << power for power in range(buckets.bit_length()) if 1 << power <= buckets // 2]
    if total < LEAST or not widths:
        return None
    windows = templates * sum(buckets - width + 1 for width in widths)
    up_to, of_all = [0, *accumulate(counts)], [0, *accumulate(whole)]
    found: Burst | None = None
    least = log(FALSE_ALARM / windows)
    for width in widths:
        for end in range(width, buckets + 1):
            count = up_to[end] - up_to[end - width]
            if count < LEAST:
                continue
            share = max(width / buckets, (of_all[end] - of_all[end - width]) / of_all[-1])
            if count < LEAST_TIMES * total * share:
                continue
            chance = _log_chance(count, total, share)
            if chance < least:
                least = chance
                found = Burst(end - width, end, count, total * share, max(SMALLEST, windows * exp(chance)))
    return found


def _log_chance(count: int, total: int, share: float) -> float:
    """Logarithm of Chernoff's bound on the chance that at least `count` of `total` fall into a share of the buckets."""
    p = count / total
    if p <= share:
        return 0.0
    away = 0.0 if p == 1 else (1 - p) * log((1 - p) / (1 - share))
    return -total * (p * log(p / share) + away)
