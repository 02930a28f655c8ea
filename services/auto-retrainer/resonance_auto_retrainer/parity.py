"""Whether the exported model scores as the trained one does, on rows chosen to tell them apart.

`ordinary` rows are the training data's. `edge` rows lie on a threshold of the forest or next to it, where a
rounding error changes a decision. `adversarial` rows are what no user does: zeros, huge and tiny values,
subnormals, negative values. `sequence` rows are the training data's once more, each with what the learned and what the
exported model of sequences expected of it; edge and adversarial rows are compared a second time with what was expected
of ordinary ones, since that is another part of the exported graph. Rows are on the scales of comparison; what is
compared is the served score. The trees agree to a millionth; the rest is computed in 32 bits where training had 64,
which the tolerance allows for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from resonance_auto_retrainer.agreement import agreed
from resonance_modeling.artifact import Parity
from resonance_modeling.onnx_ensemble import OnnxEnsemble, as_float32
from resonance_modeling.scorer import bounded
from resonance_training.fusion import FusedDetector

TOLERANCE: Final = 1e-4
ORDINARY_ROWS: Final = 4096
EDGES_PER_FEATURE: Final = 64
EXTREMES: Final = (0.0, -0.0, 1.0, -1.0, 1e6, -1e6, 1e300, 3.4028235e38, 1e-30, 1e-38, 1e-40, 1e-45, -1e-45, 5e-324)

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows on which both are compared.

    Attributes:
        rows: Shape (n, width).
        trained, served: What the learned and the exported model of sequences expected of them, (n, width) each; None
            where nothing was expected.
    """

    rows: Rows
    trained: Rows | None = None
    served: Rows | None = None


def check_parity(detector: FusedDetector, exported: OnnxEnsemble, values: Rows, trained: Rows, served: Rows) -> Parity:
    """Compares both on all kinds of rows.

    Args:
        detector, exported: What is compared.
        values: Ordinary rows, shape (n, width), n >= 1.
        trained, served: What the learned and the exported model of sequences expected of them, (n, width) each; rows
            of NaN where nothing was.

    Raises:
        ExportRefused: A score differs by more than TOLERANCE.
    """
    rows = {
        "ordinary": [Compared(ordinary_rows(values))],
        "edge": [Compared(edge_rows(detector.tabular.isolation.forest, values))],
        "adversarial": [Compared(adversarial_rows(values))],
    }
    if detector.foresight is not None:
        known = ~np.isnan(trained).any(axis=1)
        expected = [ordinary_rows(some[known]) for some in (trained, served)]
        for kind in ("edge", "adversarial"):
            strange = rows[kind][0].rows
            places = np.arange(len(strange)) % len(expected[0])
            rows[kind].append(Compared(strange, *(some[places] for some in expected)))
        rows["sequence"] = [Compared(ordinary_rows(values[known]), *expected)]
    differences = {
        kind: np.concatenate([_differences(detector, exported, some) for some in parts]) for kind, parts in rows.items()
    }
    return agreed(differences, TOLERANCE)


def ordinary_rows(values: Rows) -> Rows:
    """At most ORDINARY_ROWS of the rows, evenly spread."""
    return values[np.unique(np.linspace(0, len(values) - 1, ORDINARY_ROWS).astype(np.int64))]


def edge_rows(forest: IsolationForest, values: Rows) -> Rows:
    """The median row with one value moved onto a threshold of that feature, or just beside it."""
    median = np.median(values, axis=0)
    rows = [_replaced(median, feature, edges) for feature, edges in _edges(forest).items()]
    return np.concatenate([median[np.newaxis], *rows])


def adversarial_rows(values: Rows) -> Rows:
    """Rows made of one extreme value, and the median row with one value replaced by an extreme."""
    median = np.median(values, axis=0)
    extremes = np.array(EXTREMES)
    constant = np.repeat(extremes[:, np.newaxis], len(median), axis=1)
    replaced = [_replaced(median, feature, extremes) for feature in range(len(median))]
    return np.concatenate([constant, *replaced])


def _differences(detector: FusedDetector, exported: OnnxEnsemble, compared: Compared) -> NDArray[np.float64]:
    rows = compared.rows
    trained = bounded(detector.score(as_float32(rows, rows.shape[1]), compared.trained))
    difference = np.abs(bounded(exported.surprises(rows, compared.served)[0]) - trained)
    # A score that is no number is as far away as a score can be.
    return np.where(np.isfinite(difference), difference, 1.0)


def _edges(forest: IsolationForest) -> dict[int, Rows]:
    """By feature: thresholds, and their neighbours in float64 and in float32."""
    features = np.concatenate([tree.tree_.feature for tree in forest.estimators_])
    thresholds = np.concatenate([tree.tree_.threshold for tree in forest.estimators_])
    return {
        int(feature): _around(_spread(np.unique(thresholds[features == feature])))
        for feature in np.unique(features[features >= 0])
    }


def _spread(thresholds: Rows) -> Rows:
    """At most EDGES_PER_FEATURE of them, evenly spread."""
    return thresholds[np.unique(np.linspace(0, len(thresholds) - 1, EDGES_PER_FEATURE).astype(np.int64))]


def _around(thresholds: Rows) -> Rows:
    nearest = thresholds.astype(np.float32)
    ends = (np.float32(-np.inf), np.float32(np.inf))
    return np.concatenate(
        [
            thresholds,
            *(np.nextafter(thresholds, float(end)) for end in ends),
            nearest.astype(np.float64),
            *(np.nextafter(nearest, end).astype(np.float64) for end in ends),
        ]
    )


def _replaced(row: Rows, feature: int, values: Rows) -> Rows:
    """Copies of a row, one for each value, with the feature set to it."""
    rows = np.repeat(row[np.newaxis], len(values), axis=0)
    rows[:, feature] = values
    return rows
