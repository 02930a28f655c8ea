"""What a model does on users it has not seen: are its tail probabilities true of them?"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.calibration import Calibration
from resonance_modeling.scorer import bounded

SHARE: Final = 5
"""One user in five is held out: whole users, because vectors of one user resemble each other."""
TAILS: Final = (0.1, 0.01, 0.001)
QUANTILES: Final = (0.5, 0.9, 0.99, 1.0)


SEED: Final = 19_310_101


def held_out(users: NDArray[np.uint64], called: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Which vectors are held out, shape (n,): all those of a fifth of the users.

    With fewer than five users nobody is held out. Who is drawn depends on the numbers of the users alone.

    Args:
        users: Number of each vector's user, (n,).
        called: Which vectors were called ordinary by a verdict, (n,): that is to be learned, so nobody of whom one was
            is held out, and nobody else in their place.
    """
    distinct = np.unique(users)
    held = np.isin(users, drawn(distinct)[: len(distinct) // SHARE])
    return held if called is None else held & ~np.isin(users, users[called])


def unlearned(
    values: NDArray[np.float64], users: NDArray[np.uint64], called: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """The vectors of users that a training holds out; all where it holds nobody out. Arguments as of `held_out`."""
    held = held_out(users, called)
    return values[held] if held.sum() > 1 else values


def uncalled(users: NDArray[np.uint64], called: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Vectors that say what is usual of everybody, (n,): those of people of whom nothing was called ordinary.

    What a verdict excuses of somebody is not flagged any more when it comes again. Among everybody's it would be far
    out, and all others would be less so beside it. Where that leaves fewer than half of the people, it is all vectors
    but those that were called. Arguments as of `held_out`.
    """
    found = ~np.isin(users, users[called])
    enough = 2 * len(np.unique(users[found])) >= len(np.unique(users))
    return found if enough else ~called


def drawn(distinct: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Users in an order of chance, always the same: their numbers say who came first."""
    return np.random.default_rng(SEED).permutation(distinct)


def holdout_metrics(surprise: NDArray[np.float64], calibration: Calibration) -> dict[str, float]:
    """Figures over the surprise at held-out vectors, shape (n,); with none, their number alone.

    `holdout_share_tail_0.01` is the share with a tail probability of at most 0.01: it is 0.01 where the
    calibration holds for users it was not learned from.
    """
    figures = {"holdout_vectors": float(len(surprise))}
    if not len(surprise):
        return figures
    tails = calibration.tail_probability(surprise)
    shares = {f"holdout_share_tail_{limit:g}": float(np.mean(tails <= limit)) for limit in TAILS}
    scores = bounded(surprise)
    quantiles = {f"holdout_score_q{q:g}": float(np.quantile(scores, q)) for q in QUANTILES}
    return figures | shares | quantiles
