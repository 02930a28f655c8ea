"""Computes a vector from a user's state, in the catalogue's order."""

from __future__ import annotations

from itertools import pairwise
from math import log2, sqrt
from statistics import median
from typing import Final

from resonance_contracts.features import FEATURE_NAMES
from resonance_feature_extractor.user import LONG_BUCKET, LONG_BUCKETS, SECOND, User

FEWEST_INTERVALS: Final = 8
LONGEST_LOGIN_INTERVAL_S: Final = 3600.0


def vector(user: User) -> list[float]:
    """Values of every feature as of the user's newest event, shape (13,)."""
    user.advance()
    values = _values(user)
    return [values[name] for name in FEATURE_NAMES]


def _values(user: User) -> dict[str, float]:
    messages = user.messages.total()
    recent_messages = user.messages.newest(5)
    channels = len(user.channels)
    return {
        "messages_per_minute": float(user.short_messages.total()),
        "requests_per_user": float(user.frames.total()),
        "avg_message_size": user.bytes.total() / messages if messages else 0.0,
        "error_rate": user.errors.newest(5) / recent_messages if recent_messages else 0.0,
        "rate_limit_violations": float(user.limited.total()),
        "connection_duration": _connection_duration(user),
        "channels_count": float(channels),
        "channel_activity": messages / max(1, channels),
        "burstiness_score": burstiness(_intervals(user)),
        "ip_entropy": entropy([ring.total() for ring in user.addresses.values()]),
        "login_intervals": _login_intervals(user),
        "jwt_token_reuse": float(max((len(uses) for uses in user.tokens.values()), default=0)),
        "jwt_token_churn": float(len(user.tokens)),
    }


def entropy(counts: list[int]) -> float:
    """Shannon entropy of a distribution given by counts, in bits (Shannon 1948)."""
    total = sum(counts)
    if total == 0:
        return 0.0
    # Adding 0.0 turns the -0.0 of a single address into 0.0.
    return -sum(c / total * log2(c / total) for c in counts if c) + 0.0


def burstiness(intervals: list[int]) -> float:
    """Burstiness of inter-event times, -1 (a clock) to 1 (one burst).

    Kim and Jo, "Measuring burstiness for finite event sequences", Phys. Rev. E 94, 032311 (2016), eq. 22.

    Args:
        intervals: Times between events, any unit; 0 is returned for fewer than eight.
    """
    n = len(intervals)
    if n < FEWEST_INTERVALS:
        return 0.0
    mean = sum(intervals) / n
    if mean == 0:
        return 1.0
    r = sqrt(sum((i - mean) ** 2 for i in intervals) / n) / mean
    score = (sqrt(n + 1) * r - sqrt(n - 1)) / ((sqrt(n + 1) - 2) * r + sqrt(n - 1))
    return min(1.0, max(-1.0, score))


def _intervals(user: User) -> list[int]:
    oldest = (user.now_us // LONG_BUCKET - LONG_BUCKETS + 1) * LONG_BUCKET
    times = [t for t in user.recent if t >= oldest]
    return [b - a for a, b in pairwise(times)]


def _connection_duration(user: User) -> float:
    if not user.connections:
        return 0.0
    return max(0.0, (user.now_us - min(user.connections.values())) / SECOND)


def _login_intervals(user: User) -> float:
    gaps = [b - a for a, b in pairwise(user.logins)]
    return min(LONGEST_LOGIN_INTERVAL_S, median(gaps) / SECOND) if gaps else LONGEST_LOGIN_INTERVAL_S
