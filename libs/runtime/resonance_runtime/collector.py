"""How often Python looks for objects that only refer to one another."""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 50_000
"""Objects made and not freed before the collector looks at them. Frames and requests make many that live for a moment
and are in no cycle; with Python's own threshold of 700 up to a quarter of the time goes into looking at them."""


def collect_seldom() -> None:
    """For services that answer thousands of times a second; what is imported by now is never looked at again."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
