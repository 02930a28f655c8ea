"""The catalogue of actions: preconditions, blast radius and undoing. What is not in it is never done.

What each takes is in `resonance_tasks.action_kinds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resonance_narration import Severity
from resonance_tasks.action_kinds import ActionKind, checked_parameters


class Touches(StrEnum):
    """Blast radius: who notices it."""

    NOBODY = "nobody"
    USER = "user"
    EVERYBODY = "everybody"


class Undo(StrEnum):
    """How it is taken back."""

    NEVER = "never"
    BY_HAND = "by_hand"
    BY_ITSELF = "by_itself"


@dataclass(frozen=True, slots=True)
class Needs:
    """What must hold of the incident.

    Attributes:
        severity: It is at least so severe.
        open: It is not over.
        evidence: A model's evidence is at least so many times what makes an incident; a rule is sure of itself.
    """

    severity: Severity = Severity.LOW
    open: bool = False
    evidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of action.

    Attributes:
        name: As policies and requests write it.
        needs: Preconditions.
        touches: Its blast radius.
        undo: How it is taken back.
    """

    name: ActionKind
    needs: Needs
    touches: Touches
    undo: Undo

    def checked(self, given: Mapping[str, float]) -> dict[str, float]:
        """The parameters, with defaults for those that are not given; raises ValueError, a sentence."""
        return checked_parameters(self.name, given)


TICKET: Final = Kind(ActionKind.CREATE_INCIDENT_TICKET, Needs(Severity.MEDIUM), Touches.NOBODY, Undo.NEVER)
PAGE: Final = Kind(ActionKind.PAGE_ON_CALL_ENGINEER, Needs(Severity.HIGH, open=True), Touches.NOBODY, Undo.NEVER)
SCALE: Final = Kind(ActionKind.TRIGGER_AUTO_SCALING, Needs(Severity.HIGH, open=True), Touches.EVERYBODY, Undo.BY_HAND)
NOTIFY: Final = Kind(ActionKind.NOTIFY_DEVOPS_TEAM, Needs(), Touches.NOBODY, Undo.NEVER)
LIMIT: Final = Kind(ActionKind.LIMIT_USER, Needs(Severity.MEDIUM, open=True), Touches.USER, Undo.BY_ITSELF)
BLOCK: Final = Kind(ActionKind.BLOCK_USER, Needs(Severity.HIGH, open=True, evidence=1.5), Touches.USER, Undo.BY_ITSELF)

KINDS: Final[Mapping[str, Kind]] = {str(kind.name): kind for kind in (TICKET, PAGE, SCALE, NOTIFY, LIMIT, BLOCK)}
