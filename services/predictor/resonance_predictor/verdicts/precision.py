"""How much of its budget a kind of incident keeps, by what verdicts say of it.

Each verdict says whether there was a reason to be told. The share of false ones, after `false` of them and `true` of
the others, is Beta(1 + false, 1 + true) distributed, from Bayes' and Laplace's uniform prior (Gelman et al., Bayesian
Data Analysis, 3rd ed., 2.1). Its 5 % quantile q is what is sure of it. Incidents that are real are far above the
thresholds, and their number does not depend on these; that of false ones is proportional to the budget. So where more
than half of what is told is false for sure, the budget that makes it a half again is (1 - q) / q of the one before.

Nothing changes before four people were told of in vain and none with reason; a budget never becomes less than a half,
because what is real may be near a threshold after all, and those whose habits it was have leave for them already (see
`leave`); and each true verdict gives back of it. One person counts once, true or false: verdicts
on the same person say the same thing twice.
"""

from __future__ import annotations

from math import comb
from typing import Final

SURE: Final = 0.95
LEAST_SHARE: Final = 0.5
_HALVINGS: Final = 40


def budget_share(false: int, true: int) -> float:
    """Share of the budget, `LEAST_SHARE` to 1.

    Args:
        false: People of whom a verdict on an incident of this kind says false.
        true: Those of whom one says true.
    """
    surely_false = least_share(false, true)
    return 1.0 if surely_false <= 0.5 else max((1.0 - surely_false) / surely_false, LEAST_SHARE)


def least_share(false: int, true: int) -> float:
    """The share of false ones that is exceeded with probability `SURE`."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _below(middle, false, true) < 1.0 - SURE else (low, middle)
    return (low + high) / 2.0


def _below(share: float, false: int, true: int) -> float:
    """Distribution function of Beta(1 + false, 1 + true), whole numbers: a tail of the binomial distribution."""
    n = false + true + 1
    return sum(comb(n, k) * share**k * (1.0 - share) ** (n - k) for k in range(false + 1, n + 1))
