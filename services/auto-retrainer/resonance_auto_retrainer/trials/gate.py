"""A thing that is asked of a version, and the vectors that it is asked on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recent:
    """Newest vectors, flagged ones among them.

    Attributes:
        values: In the catalogue's order and units, (n, WIDTH).
        users: A 64-bit hash of each one's user, (n,).
    """

    values: NDArray[np.float64]
    users: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that was asked.

    Attributes:
        name: "parity", "quality", "findings", "alert_rate", "latency".
        passed: Whether it is so.
        said: What was found, a sentence.
    """

    name: str
    passed: bool
    said: str
