"""Evidence of a rise that stays: a second cumulative sum, slower than `evidence`, for what is never strong.

Somebody whose pace varies much can write three times as much as usual without ever being 3.5 spreads away from it.
What gives them away is that it does not end. So volume has a sum with a lower drift (Page 1954), in spreads above the
drift times minutes:

    sum ← max(0, sum + (min(size, MOST) - DRIFT) · minutes)

It is kept for every user and vector, in arrays. In simulated traffic its peaks above 5 are exponential: one user in
eighteen has one a day, and of those one in ten reaches 9.6. A slow burn of twenty minutes reaches 12 to 80.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURES, Group

Floats = NDArray[np.float64]

GROUP: Final = Group.VOLUME
"""What must rise."""

DRIFT: Final = 1.5
"""Spreads that prove nothing however long they last."""

CORRELATED_MINUTES: Final = 5.0
"""Minutes in which what is seen of somebody is one mood: a mean over n times as many errs by 1 / sqrt(n) spreads.

A young baseline errs for as long as a rise lasts, and so the drift is higher by that.
"""

MOST: Final = 6.0
"""A deviation counts as at most this: what is stronger is the other sum's, sooner."""

WATCHED: Final = 5.0
"""Sum from which a user is looked at vector by vector."""

KEEPS_OPEN: Final = 2.5
"""Spreads that show that a rise that was found goes on."""

LONGEST_STEP_US: Final = 60_000_000
"""Time that one vector can prove at most."""

MINUTE_US: Final = 60_000_000.0

COLUMNS: Final[tuple[int, ...]] = tuple(i for i, feature in enumerate(FEATURES) if feature.group is GROUP)


def sizes(deviation: Floats) -> Floats:
    """Largest deviation of the group's features, (n,), 0 or more, of deviations (n, width)."""
    found: Floats = np.maximum(deviation[:, COLUMNS].max(axis=1), 0.0)
    return found


def added(totals: Floats, sizes: Floats, known_minutes: Floats, elapsed_us: NDArray[np.int64]) -> Floats:
    """Sums after one more vector each.

    Args:
        totals: Sums before, (n,).
        sizes: See `sizes`, (n,).
        known_minutes: Active minutes that the users' baselines were learned from, (n,).
        elapsed_us: Event time since the user's vector before, (n,).
    """
    step = np.minimum(elapsed_us, LONGEST_STEP_US)
    rest = np.maximum(totals - DRIFT * (elapsed_us - step) / MINUTE_US, 0.0)
    drift = DRIFT + np.sqrt(CORRELATED_MINUTES / np.maximum(known_minutes, 1.0))
    after: Floats = np.maximum(rest + (np.minimum(sizes, MOST) - drift) * step / MINUTE_US, 0.0)
    return after
