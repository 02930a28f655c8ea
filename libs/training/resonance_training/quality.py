"""How well a model tells planted anomalies from ordinary rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from resonance_training.rows import Floats

SHARE: Final = 0.2
"""Share of the rows that something is planted in."""
FEATURES: Final = 2
SPREADS: Final = (3.0, 8.0)


@dataclass(frozen=True, slots=True)
class Planted:
    """Rows, (n, width), and which of them are anomalous, (n,)."""

    rows: Floats
    anomalous: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Quality:
    """Area under the ROC curve, and average precision; both 0 to 1."""

    auroc: float
    average_precision: float


def planted(rows: Floats, seed: int) -> Planted:
    """Moves one row in five far out in some features.

    Args:
        rows: Ordinary ones on the scales of comparison, (n, width), n >= 2.
        seed: Of what is chosen.
    """
    random = np.random.default_rng(seed)
    changed, width = rows.copy(), rows.shape[1]
    chosen = random.permutation(len(rows))[: max(1, round(SHARE * len(rows)))]
    spread = np.maximum(rows.std(axis=0), 1e-3)
    for row in chosen:
        features = random.permutation(width)[:FEATURES]
        changed[row, features] += random.uniform(*SPREADS, FEATURES) * spread[features]
    anomalous = np.zeros(len(rows), dtype=np.bool_)
    anomalous[chosen] = True
    return Planted(changed, anomalous)


def quality(scores: Floats, anomalous: NDArray[np.bool_]) -> Quality:
    """Of scores, (n,), higher for what is more unusual; some are anomalous, (n,), and some are not."""
    return Quality(float(roc_auc_score(anomalous, scores)), float(average_precision_score(anomalous, scores)))
