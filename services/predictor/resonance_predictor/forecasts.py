"""What the models beside the anomaly model say, in their own terms: the load to come, and kinds of users."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.pb.resonance.v1 import request_pb2 as pb
from resonance_modeling.load import DAY, HISTORY, HORIZONS, SERIES
from resonance_modeling.load_log import MINUTE_US, Load
from resonance_predictor.errors import BadInput, TooFewMinutes
from resonance_predictor.functions import ServedFunction
from resonance_predictor.inference.servable import Servable

Floats = NDArray[np.float64]


def forecast_of_history(model: Servable, history: pb.LoadHistory) -> pb.LoadForecast:
    """What is expected after minutes that are given.

    Raises:
        BadInput: They are not `HISTORY` minutes of a load that can be, or the day has no such minute.
    """
    counts = [np.array(some, dtype=np.float64) for some in (history.messages, history.connections)]
    if {len(some) for some in counts} != {HISTORY}:
        found = " and ".join(str(len(some)) for some in counts)
        raise BadInput(f"Expected messages and connections of {HISTORY} minutes each, oldest first, but got {found}.")
    both = np.stack(counts, axis=1)
    if not np.isfinite(both).all() or (both < 0.0).any():
        raise BadInput("Expected finite numbers of messages and connections, 0 or more, but one is not.")
    if history.minute >= DAY:
        raise BadInput(f"Expected a minute of the day from 0 to {DAY - 1}, but got {history.minute}.")
    return pb.LoadForecast(horizons=_horizons(model, both, history.minute))


def forecast_of_counted(model: Servable, load: Load | None, share: float) -> pb.LoadForecast:
    """What is expected after the newest minutes that were counted.

    Args:
        model: Predicts.
        load: What was counted; None for nothing.
        share: Of all users that it was counted of, 0 to 1.

    Raises:
        TooFewMinutes: There are not `HISTORY` minutes yet.
    """
    known = 0 if load is None else len(load)
    if load is None or known < HISTORY or share <= 0.0:
        raise TooFewMinutes(
            f"A forecast needs the last {HISTORY} minutes of the live stream, but only {known} were counted since this "
            "predictor began: ask again later, or give the minutes yourself."
        )
    end = load.first_minute + known
    return pb.LoadForecast(
        horizons=_horizons(model, load.counts[-HISTORY:] / share, (end - 1) % DAY),
        counted_until_us=end * MINUTE_US,
        counted_share=share,
    )


def behavior_of(model: ServedFunction, usual: Floats) -> pb.UserBehavior:
    """Which kind of users one is of who ordinarily does `usual`, (1, WIDTH) in the features' units."""
    found = model.infer({"usual": usual})
    kinds = zip(model.clusters, found["memberships"][0].tolist(), strict=True)
    return pb.UserBehavior(
        cluster=int(found["cluster"][0]),
        kinds=[pb.BehaviorKind(names=kind.names, probability=probability) for kind, probability in kinds],
        distance=float(found["distance"][0]),
    )


def _horizons(model: Servable, counts: Floats, minute: int) -> list[pb.LoadHorizon]:
    outputs = model.infer({"history": counts[np.newaxis], "minute": np.array([[minute]], dtype=np.float64)})
    messages, connections = (np.maximum(np.asarray(outputs[name][0], dtype=np.float64), 0.0) for name in SERIES)
    return [
        pb.LoadHorizon(minutes=ahead, messages=_bounds(messages[i]), connections=_bounds(connections[i]))
        for i, ahead in enumerate(HORIZONS)
    ]


def _bounds(quantiles: Floats) -> pb.LoadBounds:
    low, median, high = quantiles.tolist()
    return pb.LoadBounds(low=low, median=median, high=high)
