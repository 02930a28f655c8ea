"""From a group and what a receiver knows of it to a notification, with its reason; a function of those and the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resonance_llm_orchestrator.notifying.decision import Decision
from resonance_llm_orchestrator.notifying.groups import Group, Member
from resonance_llm_orchestrator.notifying.headings import heading
from resonance_llm_orchestrator.notifying.plan import Way
from resonance_llm_orchestrator.notifying.reasons import Reason, Told, reason_for, severities

MOST_NAMED: Final = 100
"""Incidents that one notification names; the others are counted."""


def gravest_first(members: Sequence[Member]) -> list[Member]:
    """Incidents in the order in which they are told: open ones before others, of the same severity the oldest first."""
    return sorted(members, key=lambda one: (-one.firing, -one.severity, one.noted_us, one.alert_id))


def decision_of(group: Group, way: Way, free: Sequence[Member], told: Told, now_us: int) -> Decision | None:
    """The notification that is due now on a way to the group's receiver; None for none.

    Args:
        group: Which.
        way: To the receiver.
        free: Its incidents that nothing holds back, gravest first.
        told: What the receiver knows.
        now_us: Microseconds since the epoch.
    """
    told_of = [member for member in free if member.firing or way.tells_end]
    firing = tuple(member.mark for member in told_of if member.firing)
    resolved = tuple(member.mark for member in told_of if not member.firing)
    reason = reason_for(
        told, severities(firing), severities(resolved), group.pace.repeat_us, now_us, tells_end=way.tells_end
    )
    if reason is None:
        return None
    return Decision(
        group.name.id,
        group.name.key,
        group.labels,
        group.route.receiver,
        way.name,
        told.sequence + 1,
        reason,
        now_us,
        firing,
        resolved,
        alert_ids=tuple(member.alert_id for member in told_of[:MOST_NAMED]),
        news=tuple(member.alert_id for member in told_of if _is_news(member, told)),
        quiet=reason is Reason.RESOLVED and not way.tells_end,
        before=told,
        titles=heading(group.labels, len(firing), len(resolved)),
    )


def _is_news(member: Member, told: Told) -> bool:
    one, grade = next(iter(severities([member.mark]).items()))
    return told.firing.get(one, 0) < grade if member.firing else one not in told.resolved
