"""What every executor is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from resonance_llm_orchestrator.actions.action import Action


class Executor(Protocol):
    """Does actions. Each call may be repeated after a process broke off: the same action is never done twice.

    The action's id is the key of a repeat. Each call ends within `LONGEST_S` and raises `Failed` with a sentence that
    holds no secret, or `Unavailable` while a broker is away.
    """

    async def prepare(self, action: Action) -> Mapping[str, float]:
        """What has to be known before it is run, so that a repeat does the same; changes nothing."""

    async def run(self, action: Action) -> str:
        """Does it, with what `prepare` found in `action.memo`; returns what came of it, a sentence."""

    async def undo(self, action: Action) -> str:
        """Takes it back; returns what came of it, a sentence."""

    async def settle(self, action: Action) -> None:
        """An action on a user is on record as done, or is about to be as over by itself: what others ask holds."""

    async def close(self) -> None:
        """Closes connections."""


LONGEST_S = 45.0
"""Longest time of one call, all its attempts included, seconds; a lease is longer."""
