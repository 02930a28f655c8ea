"""Compares a fresh result with the recorded one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.bench.result import Result

# The share of a recorded ratio that must be left.
LEAST_SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Comparison:
    """A ratio then and now."""

    figure: str
    recorded: float
    now: float

    @property
    def regressed(self) -> bool:
        """Whether more than a fifth was lost."""
        return self.now < self.recorded * LEAST_SHARE


def compare(recorded: Result, fresh: Result) -> list[Comparison]:
    """Every figure that has a ratio in both results.

    Figures without a peer are left out: without one, nothing tells a slower machine from slower code.
    """
    found = []
    for name, then in recorded["figures"].items():
        now = fresh["figures"].get(name, {}).get("ratio")
        if then["ratio"] is not None and now is not None:
            found.append(Comparison(name, then["ratio"], now))
    return found


def lost(recorded: Result, fresh: Result) -> list[str]:
    """What was recorded and did not come out this time: figures, and ratios of figures that came out."""
    now = fresh["figures"]
    missing = recorded["figures"].keys() - now.keys()
    alone = {name for name, then in recorded["figures"].items() if then["ratio"] is not None and name not in missing}
    return sorted(missing) + [f"the ratio of {name}" for name in sorted(alone) if now[name]["ratio"] is None]
