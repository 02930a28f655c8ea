"""Incidents that are planted in rows of the catalogue's features: what each does, by how strong it is.

Features are on the scales of comparison: counts and sizes as log(1 + x), shares as arcsin(sqrt(p)). Every change takes
the rows that it changes, (n, width), and their strengths, (n,), 0 to 1, from what only a good model tells apart to
what every rule sees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from resonance_contracts.features import INDEX
from resonance_training.rows import Floats

Plant = Callable[[Floats, Floats], None]


def flood(rows: Floats, strength: Floats) -> None:
    """More messages than the user is used to, as evenly as a program sends them."""
    times = _between(2.0, 30.0, strength)
    _multiply(rows, "messages_per_minute", times)
    _multiply(rows, "requests_per_user", times**0.7)
    _multiply(rows, "channel_activity", times**0.7)
    _towards(rows, "burstiness_score", -0.8, strength)


def slow_burn(rows: Floats, strength: Floats) -> None:
    """Some times the user's own pace for long, whatever the pace."""
    times = _between(1.6, 6.0, strength)
    for name in ("messages_per_minute", "requests_per_user", "channel_activity"):
        _multiply(rows, name, times)


def error_spike(rows: Floats, strength: Floats) -> None:
    """A share of the messages fails."""
    failed = np.arcsin(np.sqrt(_between(0.05, 0.9, strength)))
    rows[:, INDEX["error_rate"]] = np.maximum(rows[:, INDEX["error_rate"]], failed)


def token_sharing(rows: Floats, strength: Floats) -> None:
    """One token from several addresses, each of which logs in."""
    addresses = _between(2.0, 24.0, strength)
    _at_least(rows, "jwt_token_reuse", addresses)
    rows[:, INDEX["ip_entropy"]] = np.maximum(rows[:, INDEX["ip_entropy"]], 0.9 * np.log2(addresses))
    _at_most(rows, "login_intervals", 1800.0 / addresses)


def address_rotation(rows: Floats, strength: Floats) -> None:
    """Another address and another login every few messages."""
    addresses = _between(3.0, 40.0, strength)
    rows[:, INDEX["ip_entropy"]] = np.maximum(rows[:, INDEX["ip_entropy"]], np.log2(addresses))
    _at_least(rows, "jwt_token_churn", addresses)
    _at_most(rows, "login_intervals", 2400.0 / addresses)


def token_churn(rows: Floats, strength: Floats) -> None:
    """Login after login, as when passwords are tried; most fail."""
    tokens = _between(2.0, 48.0, strength)
    _at_least(rows, "jwt_token_churn", tokens)
    _at_most(rows, "login_intervals", 1200.0 / tokens)
    error_spike(rows, 0.7 * strength)


def scraping(rows: Floats, strength: Floats) -> None:
    """Channel after channel, a little of each."""
    times = _between(2.0, 16.0, strength)
    _multiply(rows, "channels_count", times, most=64.0)
    _multiply(rows, "channel_activity", 1.0 / times)
    _multiply(rows, "requests_per_user", times**0.5)
    _towards(rows, "burstiness_score", -0.9, strength)


def clockwork(rows: Floats, strength: Floats) -> None:
    """Messages at a clock's ticks."""
    _towards(rows, "burstiness_score", -1.0, 0.4 + 0.6 * strength)


def limit_abuse(rows: Floats, strength: Floats) -> None:
    """A flood of which part is refused; what is refused is an error."""
    flood(rows, strength)
    _at_least(rows, "rate_limit_violations", _between(2.0, 500.0, strength))
    error_spike(rows, strength)


def large_messages(rows: Floats, strength: Floats) -> None:
    """Messages of another size than the user's, as when data is carried out."""
    _multiply(rows, "avg_message_size", _between(2.5, 100.0, strength))


def long_session(rows: Floats, strength: Floats) -> None:
    """A connection that stays open, as a person's does not."""
    _multiply(rows, "connection_duration", _between(3.0, 40.0, strength))


PLANTS: Final[tuple[Plant, ...]] = (
    flood,
    slow_burn,
    error_spike,
    token_sharing,
    address_rotation,
    token_churn,
    scraping,
    clockwork,
    limit_abuse,
    large_messages,
    long_session,
)


def _between(low: float, high: float, strength: Floats) -> Floats:
    """From low to high, evenly on a logarithmic scale."""
    found: Floats = low * (high / low) ** strength
    return found


def _multiply(rows: Floats, name: str, times: Floats, most: float = np.inf) -> None:
    column = rows[:, INDEX[name]]
    rows[:, INDEX[name]] = np.log1p(np.minimum(np.expm1(column) * times, np.maximum(most, np.expm1(column))))


def _at_least(rows: Floats, name: str, value: Floats) -> None:
    rows[:, INDEX[name]] = np.maximum(rows[:, INDEX[name]], np.log1p(value))


def _at_most(rows: Floats, name: str, value: Floats) -> None:
    rows[:, INDEX[name]] = np.minimum(rows[:, INDEX[name]], np.log1p(value))


def _towards(rows: Floats, name: str, value: float, share: Floats) -> None:
    rows[:, INDEX[name]] += share * (value - rows[:, INDEX[name]])
