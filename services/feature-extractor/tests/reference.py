"""The catalogue by brute force: every feature from the plain list of a user's events.

It shares nothing with the engine but the catalogue's words. Slow on purpose. The catalogue's bounds on how many names
are told apart have tests of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import log2, sqrt
from statistics import median
from typing import NamedTuple

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb

SECOND = 1_000_000
MINUTE = 60 * SECOND
FIVE_MINUTES = 300 * SECOND
HOUR = 3600 * SECOND
ACTIVITY = 250_000
MESSAGES = 10


class Event(NamedTuple):
    """One event of one user; times in microseconds since the epoch."""

    user: str
    source: str
    sequence: int
    kind: int
    time_us: int
    size: int
    channel: str
    address: str
    token: str
    error: bool
    received_us: int


class Vector(NamedTuple):
    """A vector that is due."""

    start_us: int
    end_us: int
    values: list[float]


def vectors(events: Sequence[Event], until_us: int | None = None) -> list[Vector]:
    """Vectors of one user of one stream, when they are due and what they say.

    Args:
        events: In the order they arrived, repeats and late ones among them.
        until_us: Where the watermark ends; None where it comes past everything.
    """
    found: list[Vector] = []
    applied: list[Event] = []
    waiting: list[Event] = []

    def due() -> None:
        found.append(Vector(waiting[0].time_us, max(e.time_us for e in waiting), reference(applied)))
        waiting.clear()

    for event in events:
        if is_late(event, applied) or is_repeat(event, applied):
            continue
        if waiting and event.time_us >= waiting[0].time_us + ACTIVITY:
            due()
        applied.append(event)
        if event.kind != pb.ACTIVITY_KIND_DISCONNECT:
            waiting.append(event)
        if sum(e.kind in (pb.ACTIVITY_KIND_MESSAGE, pb.ACTIVITY_KIND_LIMITED) for e in waiting) == MESSAGES:
            due()
    if waiting and (until_us is None or waiting[0].time_us + ACTIVITY <= until_us):
        due()
    return found


def newest(events: Sequence[Event]) -> int:
    """Newest event time, 0 without events."""
    return max((e.time_us for e in events), default=0)


def is_late(event: Event, before: Sequence[Event]) -> bool:
    """Whether an event comes too late for every window."""
    return newest(before) - event.time_us > HOUR


def is_repeat(event: Event, before: Sequence[Event]) -> bool:
    """Whether its number was reached by the source already, as far as the source is known still."""
    mine = of_known_source(event.source, before, newest(before))
    return bool(mine) and event.sequence <= mine[-1].sequence


def of_known_source(source: str, events: Sequence[Event], now: int) -> list[Event]:
    """Events of a source since it was heard of first, or again after an hour of silence; none after such an hour."""
    mine: list[Event] = []
    clock = 0
    for event in events:
        if event.source == source:
            if mine and newest(mine) < clock - HOUR:
                mine = []
            mine.append(event)
        clock = max(clock, event.time_us)
    return mine if mine and newest(mine) >= now - HOUR else []


def in_window(time_us: int, now_us: int, width_us: int, buckets: int) -> bool:
    """Whether the bucket of a time is one of the newest buckets."""
    return now_us // width_us - buckets < time_us // width_us <= now_us // width_us


def reference(events: Sequence[Event]) -> list[float]:
    """Vector after these events, in the order they arrived; all of one user and stream, none late or repeated."""
    now = newest(events)
    messages = [e for e in events if e.kind == pb.ACTIVITY_KIND_MESSAGE]
    ten = [e for e in events if in_window(e.time_us, now, MINUTE, 10)]
    ten_messages = [e for e in messages if in_window(e.time_us, now, MINUTE, 10)]
    five = [e for e in messages if in_window(e.time_us, now, MINUTE, 5)]
    hour = [e for e in events if e.address and in_window(e.time_us, now, FIVE_MINUTES, 12)]
    channels = len({e.channel for e in ten if e.channel})
    tokens = {e.token for e in hour if e.token}
    values = {
        "messages_per_minute": sum(in_window(e.time_us, now, 5 * SECOND, 12) for e in messages),
        "requests_per_user": len(ten),
        "avg_message_size": sum(e.size for e in ten_messages) / len(ten_messages) if ten_messages else 0.0,
        "error_rate": sum(e.error for e in five) / len(five) if five else 0.0,
        "rate_limit_violations": sum(e.kind == pb.ACTIVITY_KIND_LIMITED for e in ten),
        "connection_duration": (now - min(opened(events, now), default=now)) / SECOND,
        "channels_count": channels,
        "channel_activity": len(ten_messages) / max(1, channels),
        "burstiness_score": burstiness(messages, now),
        "ip_entropy": entropy([e.address for e in hour]),
        "login_intervals": login_intervals(events),
        "jwt_token_reuse": max((len({e.address for e in hour if e.token == t}) for t in tokens), default=0),
        "jwt_token_churn": len(tokens),
    }
    return [float(values[name]) for name in FEATURE_NAMES]


def opened(events: Sequence[Event], now: int) -> list[int]:
    """When the connections were opened that are still open and gave an event within the last hour."""
    times = []
    for source in {e.source for e in events}:
        marks = [
            e
            for e in of_known_source(source, events, now)
            if e.kind in (pb.ACTIVITY_KIND_CONNECT, pb.ACTIVITY_KIND_DISCONNECT)
        ]
        if marks and marks[-1].kind == pb.ACTIVITY_KIND_CONNECT:
            times.append(marks[-1].time_us)
    return times


def in_order(times: Sequence[int]) -> list[int]:
    """Times without those that are earlier than one before them."""
    return [t for i, t in enumerate(times) if all(earlier <= t for earlier in times[:i])]


def burstiness(messages: Sequence[Event], now: int) -> float:
    """Kim and Jo (2016)."""
    times = [t for t in in_order([e.time_us for e in messages])[-33:] if in_window(t, now, MINUTE, 10)]
    intervals = [b - a for a, b in itertools.pairwise(times)]
    n = len(intervals)
    if n < 8:
        return 0.0
    mean = sum(intervals) / n
    if mean == 0:
        return 1.0
    r = sqrt(sum((i - mean) ** 2 for i in intervals) / n) / mean
    score = (sqrt(n + 1) * r - sqrt(n - 1)) / ((sqrt(n + 1) - 2) * r + sqrt(n - 1))
    return min(1.0, max(-1.0, score))


def entropy(values: Sequence[str]) -> float:
    """Shannon entropy in bits."""
    shares = [values.count(v) / len(values) for v in set(values)]
    return sum(-p * log2(p) for p in shares)


def login_intervals(events: Sequence[Event]) -> float:
    """Median of the last eight intervals, seconds."""
    times = in_order([e.time_us for e in events if e.kind == pb.ACTIVITY_KIND_LOGIN])[-9:]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    return min(3600.0, median(gaps) / SECOND) if gaps else 3600.0
