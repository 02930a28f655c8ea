"""What a look at groups gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from resonance_llm_orchestrator.notifying.decision import Decision


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nobody is told of an incident; neither for one that is not held back."""

    alert_id: str
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether it is held back."""
        return bool(self.silenced_by or self.inhibited_by)


@dataclass(slots=True)
class Due:
    """Notifications to be sent, and holds of the incidents of the groups that were looked at."""

    decisions: list[Decision] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
