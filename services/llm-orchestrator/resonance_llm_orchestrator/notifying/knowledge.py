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
        self._on_their_way: dict[str, Decision] = {}

    def told(self, place: str) -> Told:
        """What is known there."""
        return self._told.get(place, NOTHING)

    def remember(self, place: str, told: Told) -> None:
        """What was told there before this began."""
        self._told[place] = told

    def begun(self, decision: Decision) -> None:
        """A notification is on its way, in place of one that was."""
        self._on_their_way[decision.place] = decision

    def on_its_way(self, place: str) -> Decision | None:
        """The notification that is on its way there."""
        return self._on_their_way.get(place)

    def ended(self, decision: Decision, *, arrived: bool) -> bool:
        """A notification arrived, or did not: then what is known there is what was.

        Returns:
            Whether it counts: of one that was overtaken, the other one says everything.
        """
        ahead = self._on_their_way.get(decision.place)
        if ahead is not None and ahead.sequence != decision.sequence:
            return False
        before = decision.before
        kept = Told(decision.sequence, before.firing, before.resolved, before.told_us)
        self._told[decision.place] = decision.after if arrived else kept
        self._on_their_way.pop(decision.place, None)
        return True
