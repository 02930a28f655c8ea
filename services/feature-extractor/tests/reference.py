"""The catalogue by brute force: every feature from the plain list of a user's events.

It shares nothing with the engine but the catalogue's words. Slow on purpose.
"""

from __future__ import annotations

import itertools
from math import log2, sqrt
from statistics import mean, median, pstdev

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_feature_extractor.events import Event

SECOND = 1_000_000
MINUTE = 60 * SECOND
FIVE_MINUTES = 300 * SECOND


def in_window(time_us: int, now_us: int, width_us: int, buckets: int) -> bool:
    """Whether the bucket of a time is one of the newest buckets."""
    return now_us // width_us - buckets < time_us // width_us <= now_us // width_us


def reference(events: list[Event]) -> list[float]:
    """Vector after these events, in the order they arrived; all of one user and stream."""
    now = max(e.time_us for e in events)
    kept = without_late(events)
    messages = [e for e in kept if e.kind == pb.ACTIVITY_KIND_MESSAGE]
    ten = [e for e in kept if in_window(e.time_us, now, MINUTE, 10)]
    ten_messages = [e for e in messages if in_window(e.time_us, now, MINUTE, 10)]
    five = [e for e in messages if in_window(e.time_us, now, MINUTE, 5)]
    hour = [e for e in kept if e.address and in_window(e.time_us, now, FIVE_MINUTES, 12)]
    channels = len({e.channel for e in ten if e.channel})
    tokens = {e.token for e in hour if e.token}
    opened = connections(kept)
    values = {
        "messages_per_minute": sum(in_window(e.time_us, now, 5 * SECOND, 12) for e in messages),
        "requests_per_user": len(ten),
        "avg_message_size": mean(e.size for e in ten_messages) if ten_messages else 0.0,
        "error_rate": mean(e.error for e in five) if five else 0.0,
        "rate_limit_violations": sum(e.kind == pb.ACTIVITY_KIND_LIMITED for e in ten),
        "connection_duration": max(0.0, (now - min(opened.values())) / SECOND) if opened else 0.0,
        "channels_count": channels,
        "channel_activity": len(ten_messages) / max(1, channels),
        "burstiness_score": burstiness(messages, now),
        "ip_entropy": entropy([e.address for e in hour]),
        "login_intervals": login_intervals(kept),
        "jwt_token_reuse": max((len({e.address for e in hour if e.token == t}) for t in tokens), default=0),
        "jwt_token_churn": len(tokens),
    }
    return [float(values[name]) for name in FEATURE_NAMES]


def without_late(events: list[Event]) -> list[Event]:
    """Events that were at most an hour old when they arrived."""
    kept, now = [], 0
    for event in events:
        now = max(now, event.time_us)
        if now - event.time_us <= 3600 * SECOND:
            kept.append(event)
    return kept


def connections(events: list[Event]) -> dict[str, int]:
    """Open connections and when they were opened."""
    opened: dict[str, int] = {}
    for event in events:
        if event.kind == pb.ACTIVITY_KIND_CONNECT:
            opened[event.source] = event.time_us
        elif event.kind == pb.ACTIVITY_KIND_DISCONNECT:
            opened.pop(event.source, None)
    return opened


def in_order(times: list[int]) -> list[int]:
    """Times without those that are earlier than one before them."""
    ascending: list[int] = []
    for time_us in times:
        if not ascending or time_us >= ascending[-1]:
            ascending.append(time_us)
    return ascending


def burstiness(messages: list[Event], now: int) -> float:
    """Kim and Jo (2016), with the standard library's statistics."""
    times = [t for t in in_order([e.time_us for e in messages])[-33:] if in_window(t, now, MINUTE, 10)]
    intervals = [b - a for a, b in itertools.pairwise(times)]
    n = len(intervals)
    if n < 8:
        return 0.0
    if sum(intervals) == 0:
        return 1.0
    r = pstdev(intervals) / mean(intervals)
    score = (sqrt(n + 1) * r - sqrt(n - 1)) / ((sqrt(n + 1) - 2) * r + sqrt(n - 1))
    return min(1.0, max(-1.0, score))


def entropy(values: list[str]) -> float:
    """Shannon entropy in bits."""
    shares = [values.count(v) / len(values) for v in set(values)]
    return sum(-p * log2(p) for p in shares)


def login_intervals(events: list[Event]) -> float:
    """Median of the last eight intervals, seconds."""
    times = in_order([e.time_us for e in events if e.kind == pb.ACTIVITY_KIND_LOGIN])[-9:]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    return min(3600.0, median(gaps) / SECOND) if gaps else 3600.0
