"""What the detectors that look at one row and the one that looks back say together.

    surprise = (W · tabular + w · foresight) / (W + w)        where something was expected of the row
    surprise = tabular                                        where nothing was

`tabular` is the weighted mean of the five (see `tabular`), W the sum of their weights and w that of the recurrent
model. The whole is linear in the surprises of the six, so what each feature adds to the score is the weighted mean of
what it adds to each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from resonance_training.foresight import Foresight
from resonance_training.parameters import Parameters
from resonance_training.rows import Floats
from resonance_training.tabular import DEFAULTS, TabularDetector

LSTM: Final = "lstm"


@dataclass(frozen=True, slots=True)
class FusedDetector:
    """All detectors.

    Attributes:
        tabular: Those that look at one row.
        foresight: The one that looks back; None where there was too little to learn it from.
    """

    tabular: TabularDetector
    foresight: Foresight | None = None

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each detector by name, in order."""
        parameters = self.tabular.parameters
        return parameters.weights | ({} if self.foresight is None else {LSTM: parameters.lstm_weight})

    def score(self, rows: ArrayLike, foreseen: ArrayLike | None = None) -> Floats:
        """Scores, at least 0, (n,), of rows (n, width): the higher, the less like what was learned from.

        Args:
            rows: What came, on the scales of comparison.
            foreseen: What was expected, (n, width); rows of NaN where nothing was, None where nothing was of any.

        Raises:
            BadRows: Another width, shapes that differ, or a value of `rows` that is not finite.
        """
        tabular = self.tabular.score(rows)
        if self.foresight is None or foreseen is None:
            return tabular
        return fused(tabular, self.foresight.surprise(rows, foreseen), self.tabular.parameters)


def fused(tabular: Floats, foresight: Floats, parameters: Parameters = DEFAULTS) -> Floats:
    """Surprise of all, (n,), from that of the five and that of the recurrent model, NaN where nothing was expected."""
    found: Floats = np.where(np.isnan(foresight), tabular, tabular + parameters.lstm_share * (foresight - tabular))
    return found
