"""Exponential backoff with full jitter (Brooker 2015, "Exponential Backoff And Jitter")."""

from __future__ import annotations

import random
from collections.abc import Iterator


def delays(first_s: float = 0.1, longest_s: float = 5.0) -> Iterator[float]:
    """Seconds to wait before each further attempt, without end."""
    ceiling = first_s
    while True:
        yield random.uniform(0, ceiling)
        ceiling = min(ceiling * 2, longest_s)
