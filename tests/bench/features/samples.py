"""Values of some last vectors, by the catalogue's definitions and without the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import log2
from statistics import fmean
from typing import Final

from resonance_gateway.tracking.activity import Activity, Kind
from tests.bench.features.traffic import SECOND

MINUTE: Final = 60 * SECOND
# Of more addresses the engine need not tell each apart, so their entropy is not compared.
MOST_ADDRESSES: Final = 32


def samples(events: Iterable[Activity], users: int) -> dict[str, dict[str, float]]:
    """Values of the vector after the last event of the first users who appear, by user and feature."""
    own: dict[str, list[Activity]] = {}
    for event in events:
        if event.user_key in own:
            own[event.user_key].append(event)
        elif len(own) < users:
            own[event.user_key] = [event]
    return {user: _values(mine) for user, mine in own.items()}


def _values(events: list[Activity]) -> dict[str, float]:
    now_us = events[-1].time_us
    minute = _newest(events, now_us, 5 * SECOND, 12)
    five, ten = _newest(events, now_us, MINUTE, 5), _newest(events, now_us, MINUTE, 10)
    hour = _newest(events, now_us, 5 * MINUTE, 12)
    messages = [e for e in ten if e.kind == Kind.MESSAGE]
    channels = {e.channel for e in ten if e.channel}
    addresses = Counter(e.address for e in hour)
    values = {
        "messages_per_minute": float(sum(e.kind == Kind.MESSAGE for e in minute)),
        "requests_per_user": float(len(ten)),
        "avg_message_size": fmean(e.size for e in messages),
        "error_rate": fmean(e.error for e in five if e.kind == Kind.MESSAGE),
        "connection_duration": (now_us - events[0].time_us) / SECOND,
        "channels_count": float(len(channels)),
        "channel_activity": len(messages) / len(channels),
        "jwt_token_churn": float(len({e.token for e in hour})),
    }
    if len(addresses) <= MOST_ADDRESSES:
        values["ip_entropy"] = _entropy(addresses)
    return values


def _newest(events: list[Activity], now_us: int, width_us: int, buckets: int) -> list[Activity]:
    return [e for e in events if e.time_us // width_us > now_us // width_us - buckets]


def _entropy(counts: Mapping[str, int]) -> float:
    total = sum(counts.values())
    return -sum(n / total * log2(n / total) for n in counts.values())
