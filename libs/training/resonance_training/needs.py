"""What learning needs at least. Apart from the learners, whose scikit-learn takes seconds to import."""

from __future__ import annotations

from typing import Final

LOAD_MINUTES: Final = 360
"""Consecutive minutes that the load is learned from; below, blocks are too short for what is learned from them to
hold."""
