"""What a check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check.

    Attributes:
        what: What must be so.
        found: What was counted, in words.
        faults: Sentences about what is not so; none where all is well.
    """

    what: str
    found: str
    faults: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether it is so."""
        return not self.faults

    @property
    def shown(self) -> list[str]:
        """The first faults, and how many more there are."""
        more = len(self.faults) - MOST_SHOWN
        return [*self.faults[:MOST_SHOWN], *([f"and {more:,} more"] if more > 0 else [])]
