"""How many users models may limit at a time: where many seem to do wrong at once, it is the model, or the traffic."""

from __future__ import annotations

from typing import Final

MOST_SHARE: Final = 0.1
"""Share of a partition's users that have a limit at a time, at most."""


def most_limited(users: int) -> int:
    """How many of some users may have a limit at a time: a tenth; one where that is none, but never the only user."""
    return max(int(MOST_SHARE * users), 1 if users > 1 else 0)
