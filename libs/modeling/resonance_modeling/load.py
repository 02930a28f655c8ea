"""What load prediction takes and gives: the contract between who trains it, who serves it and who asks.

    history  (n, 30, 2)  messages and connections of each of the last 30 minutes, oldest first
    minute   (n, 1)      minute of the day (UTC) in which the newest of them began, 0 to 1439
    messages, connections  (n, 3, 3)  by horizon: the mean per minute over the next 5, 15 and 30 minutes;
                                      by quantile: the 10 %, 50 % and 90 % bound

A connection of a minute is a user with an open connection who did something in that minute.
"""

from __future__ import annotations

from typing import Final

from resonance_modeling.artifact import Signature, Tensor

LOAD_PREDICTION: Final = "load_prediction"

HISTORY: Final = 30
"""Minutes that a prediction is made from."""

HORIZONS: Final = (5, 15, 30)
"""Minutes ahead."""

QUANTILES: Final = (0.1, 0.5, 0.9)
SERIES: Final = ("messages", "connections")
FEATURES: Final = ("messages_per_minute", "connection_duration")
"""Values of vectors that the load is counted from."""

DAY: Final = 1440
"""Minutes."""

SIGNATURE: Final = Signature(
    inputs=(Tensor(name="history", shape=(-1, HISTORY, len(SERIES))), Tensor(name="minute", shape=(-1, 1))),
    outputs=tuple(Tensor(name=name, shape=(-1, len(HORIZONS), len(QUANTILES))) for name in SERIES),
)
