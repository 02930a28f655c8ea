"""The load that is expected, as a multiple of what is usual: what is counted here, and what the model makes of it.

It is a term of limits: it changes in a few steps, each with a snapshot, so that a replay limits as before. A process
counts the users of its own partitions; a multiple is about the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_modeling.load import DAY, HISTORY, HORIZONS, SERIES
from resonance_modeling.load_log import Load, LoadLog
from resonance_predictor.inference.servable import Servable
from resonance_predictor.passing_time import LIVE

STEPS: Final = (1.0, 1.5, 2.0, 3.0, 4.0)
AHEAD: Final = 15
"""Minutes ahead that are looked at."""

LEAST_MINUTES: Final = 60
"""Minutes that must be known before anything is called usual."""

RETURN: Final = 0.9
"""A step is left downwards where the multiple is below this share of it."""


class ExpectedLoad:
    """Counts the live stream, and looks ahead once a minute of event time.

    Args:
        champion: Gives the model in force; None while there is none, and then nothing is expected.

    Attributes:
        load: What is expected, one of `STEPS`.
    """

    def __init__(self, champion: Callable[[], Servable | None]) -> None:
        self.load = STEPS[0]
        self._champion = champion
        self._log = LoadLog()
        self._looked_at = 0

    def take(self, batch: VectorBatch) -> None:
        """Counts the vectors of a batch that keeps its contract."""
        for user_key in batch.erased:
            self._log.erase(user_key)
        if batch.stream == LIVE and batch.vector_id:
            values = np.array(batch.values, dtype=np.float64).reshape(-1, WIDTH)
            self._log.add(batch.stream, batch.user_key, batch.end_us, values)

    def newest(self) -> Load | None:
        """The minutes that were counted; None for none."""
        return self._log.longest()

    def look(self) -> None:
        """Looks ahead, if a minute has passed since it did last."""
        known, champion = self._log.minutes(), self._champion()
        if champion is None or known < LEAST_MINUTES:
            self.load = STEPS[0]
        elif known != self._looked_at and (load := self._log.longest()) is not None:
            self._looked_at = known
            self.load = step(expected(load, champion), self.load)


def expected(load: Load, champion: Servable) -> float:
    """Messages that a model expects over the next minutes, as a multiple of the mean of all minutes known."""
    minute = (load.first_minute + len(load) - 1) % DAY
    outputs = champion.infer(
        {"history": load.counts[np.newaxis, -HISTORY:], "minute": np.array([[minute]], dtype=np.float64)}
    )
    middle = float(outputs[SERIES[0]][0, HORIZONS.index(AHEAD), 1])
    return middle / max(float(load.counts[:, 0].mean()), 1.0)


def step(multiple: float, before: float) -> float:
    """The highest step that a multiple reaches; the one before while it is hardly below that."""
    if multiple < before and multiple >= RETURN * before:
        return before
    return max((one for one in STEPS if one <= multiple), default=STEPS[0])
