"""Which vectors must come out, from the events alone and without the engine."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final

from resonance_contracts.pb.resonance.v1.features_pb2 import EMISSION_REASON_COUNT, EMISSION_REASON_TIME
from resonance_gateway.tracking.activity import Activity, Kind

MESSAGES_PER_VECTOR: Final = 10
ACTIVITY_US: Final = 250_000

Emissions = dict[str, "array[int]"]
"""For each user: first event, last event, in microseconds, and reason of every vector, one after the other."""


def expected(events: Iterable[Activity]) -> Emissions:
    """The vectors of some events, which are in the order of time and of no late or repeated ones.

    A vector ends with its tenth message, or before the first event that is 250 ms or more after its first.
    """
    done: Emissions = {}
    opened: dict[str, list[int]] = {}
    for event in events:
        user, time_us = event.user_key, event.time_us
        pending = opened.get(user)
        if pending is not None and time_us >= pending[0] + ACTIVITY_US:
            _close(done, user, pending, EMISSION_REASON_TIME)
            pending = None
        if pending is None:
            pending = opened[user] = [time_us, time_us, 0]
        pending[1] = time_us
        pending[2] += event.kind == Kind.MESSAGE
        if pending[2] == MESSAGES_PER_VECTOR:
            _close(done, user, opened.pop(user), EMISSION_REASON_COUNT)
    for user, pending in opened.items():
        _close(done, user, pending, EMISSION_REASON_TIME)
    return done


def count(emissions: Emissions) -> int:
    """How many vectors these are."""
    return sum(len(entries) for entries in emissions.values()) // 3


def _close(done: Emissions, user: str, pending: list[int], reason: int) -> None:
    done.setdefault(user, array("q")).extend((pending[0], pending[1], reason))
