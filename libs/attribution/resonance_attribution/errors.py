"""What attributing raises."""

from __future__ import annotations


class EfficiencyViolated(Exception):
    """Attributions do not add up to the score: our arithmetic is wrong, and nobody is shown them."""
