"""Evidence from yes-or-no trials that may be looked at after every one of them.

Someone bets against "yes comes with this probability or less often", by the rules of a fair game, and begins with 1.
While it is true, what they have is a supermartingale, and reaches 1/α ever with a probability of at most α (Ville
1939): whoever stops there, whenever they look, is wrong with probability α at most. What they have is an e-value
(Ramdas, Grünwald, Vovk, Shafer 2023, "Game-Theoretic Statistics and Safe Anytime-Valid Inference"); here it is the mean
of the likelihood ratios of some alternatives (Robbins 1970), so it depends on how often there was a yes, not on when.

    two kinds of things, the first with a share of all, each with a probability of something that is `ratio` times that
    of the second: of those to whom it happened, `share_at(ratio, share)` are of the first kind
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MORE: Final = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
"""Ratios that are bet on where something is suspected to be more frequent."""
LESS: Final = (0.1, 0.3, 0.5, 0.67, 0.8, 0.9)
"""Ratios to the one that is tested, where something is suspected to be less frequent."""


def share_at(ratio: ArrayLike, share: float) -> Floats:
    """Share of the first kind among those to whom it happened.

    Args:
        ratio: How many times as probable it is for the first kind, above 0.
        share: Of the first kind among all, between 0 and 1.
    """
    times = np.asarray(ratio, dtype=np.float64)
    return np.asarray(times * share / (times * share + 1.0 - share), dtype=np.float64)


def log_more(yes: ArrayLike, trials: ArrayLike, share: float, ratio: float = 1.0) -> Floats:
    """Evidence that the ratio is more than `ratio`, as a natural logarithm.

    Args:
        yes: Of those to whom it happened, those of the first kind, so far.
        trials: Those to whom it happened, so far; same shape.
        share: Of the first kind among all.
        ratio: At most so much, if there is nothing to be found.
    """
    return _log_evidence(yes, trials, share, ratio, [ratio * times for times in MORE])


def log_less(yes: ArrayLike, trials: ArrayLike, share: float, ratio: float) -> Floats:
    """Evidence that the ratio is less than `ratio`, otherwise as `log_more`."""
    return _log_evidence(yes, trials, share, ratio, [ratio * times for times in LESS])


def _log_evidence(
    yes: ArrayLike, trials: ArrayLike, share: float, ratio: float, alternatives: Sequence[float]
) -> Floats:
    happened, every = np.asarray(yes, dtype=np.float64)[..., None], np.asarray(trials, dtype=np.float64)[..., None]
    null, others = share_at(ratio, share), share_at(alternatives, share)
    gains = happened * np.log(others / null) + (every - happened) * np.log((1.0 - others) / (1.0 - null))
    return np.asarray(np.logaddexp.reduce(gains, axis=-1) - np.log(len(alternatives)), dtype=np.float64)
