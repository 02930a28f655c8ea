"""How a model behaves as a whole: attributions of many rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.sampling import Until, sampled
from resonance_xai.asked.subject import Subject
from resonance_xai.asked.surrogate import around

Floats = NDArray[np.float64]

ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Overview:
    """Attributions of rows around the ordinary ones.

    Attributes:
        rows: Shape (n, width).
        values: Their attributions, (n, width), each from few orders: means over rows are what it is for.
        importance: Mean absolute attribution of each column, (width,).
    """

    rows: Floats
    values: Floats
    importance: Floats

    @property
    def order(self) -> list[int]:
        """Places of the columns, the most important first."""
        found: list[int] = np.argsort(-self.importance, kind="stable").tolist()
        return found


def overview(subject: Subject, count: int = ROWS, seed: int = 1) -> Overview:
    """Attributions of `count` rows against the subject's reference; see `around`."""
    rows = around(subject, count, seed)
    few = Until(rows=0)
    values = np.stack([sampled(subject, row, subject.reference, few).values for row in rows])
    return Overview(rows, values, np.abs(values).mean(axis=0))
