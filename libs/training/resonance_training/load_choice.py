"""How strongly a model of the load is held back: the penalty whose quantiles are best on minutes not learned from.

It is one number, and on the simulator's days values a hundred times apart differ by a tenth of the loss, neighbours by
a fiftieth: five values are tried, in the same order always.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from resonance_training.rows import Floats

PENALTY: Final = 1e-3
"""The usual one, of the regression (L1): what little data cannot tell apart is left at 0, which is "as in the last
quarter"."""

PENALTIES: Final = (PENALTY, 1e-4, 3e-4, 3e-3, 1e-2)
LEAST_GAIN: Final = 0.01
"""By which share of the loss another one must be better than the usual one."""


class Predicting(Protocol):
    """A model of the load."""

    def raw_of(self, rows: Floats) -> Floats:
        """Quantiles on the scale log(1 + x), (n, series, horizons, quantiles)."""


def chosen(fit: Callable[[float], Predicting], rows: Floats, came: Floats, quantiles: tuple[float, ...]) -> float:
    """The penalty to learn with.

    Args:
        fit: Learns with a penalty, from other minutes than those it is judged by.
        rows, came: What models see, and what came then, (n, series, horizons).
        quantiles: That they predict.
    """
    losses = {penalty: pinball(fit(penalty), rows, came, quantiles) for penalty in PENALTIES}
    best = min(losses, key=lambda penalty: losses[penalty])
    return best if losses[best] <= (1.0 - LEAST_GAIN) * losses[PENALTY] else PENALTY


def pinball(model: Predicting, rows: Floats, came: Floats, quantiles: tuple[float, ...]) -> float:
    """Mean pinball loss on the scale log(1 + x) (Koenker and Bassett 1978): the less, the better the quantiles."""
    missed = np.log1p(came)[..., np.newaxis] - model.raw_of(rows)
    levels = np.array(quantiles)
    return float(np.maximum(levels * missed, (levels - 1.0) * missed).mean())
