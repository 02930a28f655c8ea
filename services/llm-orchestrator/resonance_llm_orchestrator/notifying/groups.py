"""A group: incidents of one route that have its labels in common, and when it is looked at next."""

from __future__ import annotations

from dataclasses import dataclass, field

from resonance_llm_orchestrator.notifying.labels import Labels
from resonance_llm_orchestrator.notifying.reasons import CRITICAL, mark
from resonance_llm_orchestrator.notifying.routing import GroupName, Pace, Route


@dataclass(frozen=True, slots=True)
class Member:
    """An incident as a group sees it.

    Attributes:
        labels: Its labels.
        severity: 1 (low) to 4 (critical).
        firing: Whether it is open.
        noted_us: When it was first heard of, microseconds since the epoch.
        version: Of the incident.
    """

    alert_id: str
    labels: Labels
    severity: int
    firing: bool
    noted_us: int
    version: int

    @property
    def mark(self) -> int:
        """Of the incident at its severity."""
        return mark(self.alert_id, self.severity)


@dataclass(slots=True)
class Group:
    """One group.

    Attributes:
        members: By alert id.
        next_us: When it is looked at next, microseconds since the epoch.
        paged_us: When it was told at once last; 0 for never.
        waiting: Whether somebody could not be told because the notification before was on its way.
    """

    name: GroupName
    route: Route
    labels: Labels
    next_us: int
    members: dict[str, Member] = field(default_factory=dict)
    paged_us: int = 0
    waiting: bool = False

    @property
    def pace(self) -> Pace:
        """That of its route."""
        return self.route.pace

    def put(self, member: Member, now_us: int) -> None:
        """Takes an incident, new or changed; one that is critical now is not waited with."""
        known = self.members.get(member.alert_id)
        self.members[member.alert_id] = member
        risen = known is None or not known.firing or known.severity < CRITICAL
        if member.firing and member.severity == CRITICAL and risen:
            self.hurry(now_us)

    def hurry(self, now_us: int) -> None:
        """To be looked at now, or as soon as the last page is long enough ago."""
        self.next_us = min(self.next_us, max(now_us, self.paged_us + self.pace.page_us if self.paged_us else 0))

    def looked_at(self, now_us: int) -> None:
        """It was; the next look is an interval later."""
        self.next_us = now_us + self.pace.interval_us


def next_look(told_us: int, interval_us: int, now_us: int) -> int:
    """The next look at a group that was last decided on at `told_us`, at its own pace, not before now."""
    passed = max(0, now_us - told_us)
    return told_us + -(-max(passed, 1) // interval_us) * interval_us
