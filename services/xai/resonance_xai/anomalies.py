"""Anomalies as they come over the wire: what must hold before one can be explained."""

from __future__ import annotations

from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_modeling.sequences import STEPS
from resonance_xai.errors import MalformedAnomaly

Floats = NDArray[np.float64]

SUNDAY: Final = 7
DAY_PARTS: Final = range(pb.DAY_PART_NIGHT, pb.DAY_PART_EVENING + 1)


def check(anomaly: pb.Anomaly) -> None:
    """Checks what no retry can mend.

    Raises:
        MalformedAnomaly: Says what was expected and what came.
    """
    if not anomaly.vector_id or not anomaly.user_key:
        raise MalformedAnomaly("Expected a vector_id and a user_key, but one of them is empty.")
    if anomaly.catalogue_version != CATALOGUE_VERSION:
        raise MalformedAnomaly(
            f"Expected values of feature catalogue {CATALOGUE_VERSION!r}, got those of {anomaly.catalogue_version!r}."
        )
    _check_values(values_of(anomaly))
    if anomaly.baseline:
        mean, spread = baseline_of(anomaly)
        if len(mean) != WIDTH or not np.isfinite(mean).all() or not np.isfinite(spread).all() or (spread < 0).any():
            raise MalformedAnomaly(f"Expected a baseline of {WIDTH} finite means and spreads from 0, or none.")
    if anomaly.HasField("usual_then"):
        _check_usual_then(anomaly.usual_then)
    if anomaly.expected and (len(anomaly.expected) != WIDTH or not np.isfinite(anomaly.expected).all()):
        raise MalformedAnomaly(f"Expected {WIDTH} finite values that had been expected of the vector, or none.")
    _check_recent(anomaly)
    if scored(anomaly) and not 0.0 <= anomaly.score <= 1.0:
        raise MalformedAnomaly(f"Expected a score between 0 and 1, but it is {anomaly.score}.")


def _check_recent(anomaly: pb.Anomaly) -> None:
    steps, rest = divmod(len(anomaly.recent), WIDTH)
    if rest or steps > STEPS or not np.isfinite(anomaly.recent).all():
        raise MalformedAnomaly(
            f"Expected the values of up to {STEPS} vectors before, {WIDTH} finite ones each, but there are "
            f"{len(anomaly.recent)}, or one of them is not finite."
        )


def _check_values(values: Floats) -> None:
    if len(values) != WIDTH:
        raise MalformedAnomaly(f"Expected {WIDTH} values, but there are {len(values)}.")
    if not np.isfinite(values).all():
        wrong = int(np.flatnonzero(~np.isfinite(values))[0])
        raise MalformedAnomaly(f"Every value must be finite, but {FEATURE_NAMES[wrong]} is {values[wrong]}.")


def _check_usual_then(usual: pb.UsualThen) -> None:
    if len(usual.values) != WIDTH or not np.isfinite(usual.values).all():
        raise MalformedAnomaly(f"Expected {WIDTH} finite values that are usual at a time of the week, or none.")
    if not 1 <= usual.when.weekday <= SUNDAY or usual.when.part not in DAY_PARTS:
        raise MalformedAnomaly(
            "Expected a part of the week: a weekday from 1 to 7 and a quarter of the day, but they are "
            f"{usual.when.weekday} and {usual.when.part}."
        )


def scored(anomaly: pb.Anomaly) -> bool:
    """Whether a model scored it."""
    return bool(anomaly.scorer.model_version) and not isnan(anomaly.score)


def values_of(anomaly: pb.Anomaly) -> Floats:
    """Its values, shape (WIDTH,)."""
    return np.array(anomaly.values, dtype=np.float64)


def expected_of(anomaly: pb.Anomaly) -> Floats:
    """What had been expected of it, on the scales of comparison, shape (WIDTH,); NaN where nothing was."""
    return np.array(anomaly.expected, dtype=np.float64) if anomaly.expected else np.full(WIDTH, np.nan)


def recent_of(anomaly: pb.Anomaly) -> NDArray[np.float32]:
    """The vectors that it was expected from, on the scales of comparison, oldest first, shape (m, WIDTH)."""
    return np.array(anomaly.recent, dtype=np.float32).reshape(-1, WIDTH)


def baseline_of(anomaly: pb.Anomaly) -> tuple[Floats, Floats]:
    """Means and spreads of the user's own normal, shape (WIDTH,) each, or (0,) where it is not known."""
    means = [entry.mean for entry in anomaly.baseline]
    spreads = [entry.spread for entry in anomaly.baseline]
    return np.array(means, dtype=np.float64), np.array(spreads, dtype=np.float64)
