"""What a sequence of a user's vectors is, to those who learn from them and to those who judge by them.

It is the vectors of one sitting that were not flagged, oldest first, on the scales of comparison. Where a user has
fewer than there are steps, rows of NaN stand before the first.
"""

from __future__ import annotations

from typing import Final

STEPS: Final = 16
"""Vectors that are looked back on."""

BREAK_US: Final = 300_000_000
"""Event time without a vector after which a new sitting begins."""
