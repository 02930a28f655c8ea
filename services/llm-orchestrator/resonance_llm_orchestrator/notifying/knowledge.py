"""What receivers know of groups, and what is on its way to them."""

from __future__ import annotations

from typing import Final

from resonance_llm_orchestrator.notifying.decision import Decision
from resonance_llm_orchestrator.notifying.reasons import Told

NOTHING: Final = Told()


class Knowledge:
    """By place: a group and a way to a receiver, see `place_of`."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}
        self._on_their_way: set[str] = set()

    def told(self, place: str) -> Told:
        """What is known there."""
        return self._told.get(place, NOTHING)

    def remember(self, place: str, told: Told) -> None:
        """What was told there before this began."""
        self._told[place] = told

    def begun(self, place: str) -> None:
        """A notification is on its way there."""
        self._on_their_way.add(place)

    def awaits(self, place: str) -> bool:
        """Whether a notification is on its way there."""
        return place in self._on_their_way

    def ended(self, decision: Decision, *, arrived: bool) -> None:
        """A notification arrived, or did not: then what is known there is what was."""
        before = decision.before
        kept = Told(decision.sequence, before.firing, before.resolved, before.told_us)
        self._told[decision.place] = decision.after if arrived else kept
        self._on_their_way.discard(decision.place)
