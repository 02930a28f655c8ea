"""Whether an exported model agrees with the trained one, from how far apart they are on rows of several kinds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.errors import ExportRefused
from resonance_modeling.artifact import Parity


def agreed(differences: Mapping[str, NDArray[np.float64]], tolerance: float) -> Parity:
    """What the manifest says of it.

    Args:
        differences: Absolute difference of each row, (n,), finite, by kind of row; none without rows.
        tolerance: Largest one that is accepted.

    Raises:
        ExportRefused: One is larger.
    """
    together = np.concatenate(list(differences.values()))
    parity = Parity(
        rows=len(together),
        largest=float(together.max()),
        mean=float(together.mean()),
        tolerance=tolerance,
        by_kind={kind: float(some.max()) for kind, some in differences.items()},
    )
    if parity.largest > tolerance:
        raise ExportRefused(parity)
    return parity
