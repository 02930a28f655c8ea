"""What holds incidents back: silences, and incidents that say more."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_llm_orchestrator.notifying.due import Hold
from resonance_llm_orchestrator.notifying.groups import Member
from resonance_llm_orchestrator.notifying.inhibition import Inhibition, InhibitionRule
from resonance_llm_orchestrator.notifying.silences import Silence, Silences, silencing


class Holding:
    """Knows which incidents nobody is to be told of now.

    Args:
        rules: Of inhibition.
        silences: Those that are known, kept up by whoever reads them.
    """

    def __init__(self, rules: Sequence[InhibitionRule], silences: Silences) -> None:
        self._inhibition = Inhibition(rules)
        self._silences = silences

    def taken(self, before: Member | None, member: Member) -> None:
        """An incident is new, or was another before."""
        self.gone(before)
        if member.firing:
            self._inhibition.opened(member.alert_id, member.labels)

    def gone(self, member: Member | None) -> None:
        """An incident is not open any more."""
        if member is not None and member.firing:
            self._inhibition.closed(member.alert_id, member.labels)

    def holds(self, members: Sequence[Member], now_us: int) -> list[Hold]:
        """Of each incident, in their order; what is over is not held back."""
        active = self._silences.active(now_us)
        return [self._hold(member, active) if member.firing else Hold(member.alert_id) for member in members]

    def holds_back(self, member: Member, now_us: int) -> bool:
        """Whether an incident would be held back, were it open."""
        return self._hold(member, self._silences.active(now_us)).is_held

    def _hold(self, member: Member, active: Sequence[Silence]) -> Hold:
        source = self._inhibition.inhibiting(member.alert_id, member.labels)
        silenced = tuple(silencing(active, member.labels)) if active else ()
        return Hold(member.alert_id, silenced, () if source is None else (source,))
