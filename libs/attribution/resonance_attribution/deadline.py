"""How long may still be worked."""

from __future__ import annotations

import time
from math import inf
from typing import Final


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float = inf) -> None:
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then; below 0 once it has passed."""
        return self._at - time.monotonic()

    @property
    def passed(self) -> bool:
        """Whether it has passed."""
        return self.left <= 0

    def later(self, seconds: float) -> None:
        """Moves it: so long was spent on something that is not to count."""
        self._at += seconds

    def part(self, share: float) -> Deadline:
        """The deadline after a share of what is left."""
        return Deadline(share * max(0.0, self.left))


NEVER: Final = Deadline()
"""Nobody waits."""
