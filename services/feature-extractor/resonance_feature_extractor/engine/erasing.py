"""Erasures among the events of a batch. They are rare, so all of it is outside of compiled code."""

from __future__ import annotations

import numpy as np

from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_feature_extractor.engine.applying import Events
from resonance_feature_extractor.engine.checking import ERASED
from resonance_feature_extractor.engine.reading import KIND, TIME, USER


def erasures(events: Events, count: int) -> list[int]:
    """Which of the first `count` events are erasures, ascending."""
    found: list[int] = np.flatnonzero(events.columns[KIND, :count] == ERASED).tolist()
    return found


def user_of(events: Events, at: int) -> bytes:
    """Key of the user of an event."""
    start, length = events.strings[events.columns[USER, at]]
    return events.data[start : start + length].tobytes()


def erased_record(stream: str, watermark_us: int, events: Events, at: int) -> bytes:
    """What is told of an erasure: a `VectorBatch` without vectors."""
    return features_pb2.VectorBatch(
        stream=stream,
        watermark_us=watermark_us,
        catalogue_version=CATALOGUE_VERSION,
        width=WIDTH,
        erased=[user_of(events, at).decode()],
        erased_us=[int(events.columns[TIME, at])],
    ).SerializeToString()
