"""Which notifications are due: groups of incidents by routes, less what is silenced and inhibited, with a reason each.

It is given the time, and sends nothing. What it decides depends on incidents, silences, the log of notifications and
the time alone, so that whoever has read those goes on where another ended.

    incident ──▶ routes ──▶ groups ──(due)──▶ held back? ──▶ reason for each way to the receiver ──▶ decisions
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from resonance_llm_orchestrator.notifying.decision import Decision, place_of
from resonance_llm_orchestrator.notifying.groups import Group, Member, next_look
from resonance_llm_orchestrator.notifying.headings import heading
from resonance_llm_orchestrator.notifying.inhibition import Inhibition
from resonance_llm_orchestrator.notifying.plan import NotifyingPlan, Receiver, Way
from resonance_llm_orchestrator.notifying.reasons import Reason, Told, reason_for, severities
from resonance_llm_orchestrator.notifying.routing import Route, group_name
from resonance_llm_orchestrator.notifying.silences import Silence, Silences, silencing

MOST_NAMED: Final = 100
"""Incidents that one notification names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nobody is told of an incident; neither for one that is not held back."""

    alert_id: str
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()


@dataclass(slots=True)
class Due:
    """What a look at groups gave.

    Attributes:
        decisions: Notifications to be sent.
        holds: Of incidents of the groups that were looked at.
        done: Incidents that are over and of which no group has anything left to tell.
    """

    decisions: list[Decision] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    done: set[str] = field(default_factory=set)


class Dispatcher:
    """Groups, and what their receivers know.

    Args:
        plan: Routes, receivers and inhibition rules.
        silences: Those that are known, kept up by whoever reads them.
    """

    def __init__(self, plan: NotifyingPlan, silences: Silences) -> None:
        self._plan = plan
        self._silences = silences
        self._inhibition = Inhibition(plan.inhibitions)
        self._groups: dict[str, Group] = {}
        self._of: dict[str, tuple[Member, frozenset[str]]] = {}
        self._told: dict[str, Told] = {}
        self._pending: set[str] = set()

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self._groups)

    def told(self, group_id: str, receiver: str, way: str) -> Told:
        """What is known of a group on a way to a receiver."""
        return self._told.get(place_of(group_id, receiver, way), Told())

    def remember(self, group_id: str, receiver: str, way: str, told: Told) -> None:
        """What was told before this began; to be called before incidents are taken."""
        self._told[place_of(group_id, receiver, way)] = told

    def take(self, member: Member, now_us: int) -> None:
        """An incident is new, or changed; one that is over and that nobody was told of is not taken anew."""
        known, before = self._of.get(member.alert_id, (None, frozenset[str]()))
        if known is not None and known.firing:
            self._inhibition.closed(member.alert_id, known.labels)
        if member.firing:
            self._inhibition.opened(member.alert_id, member.labels)
        now_in = set()
        for route in self._plan.root.taking(member.labels):
            group = self._group(route, member, now_us)
            if group is not None:
                group.put(member, now_us)
                now_in.add(group.name.id)
        # With other labels it is in other groups; in those where it was, it is over.
        for group_id in before - now_in:
            if known is not None and (group := self._groups.get(group_id)) is not None:
                group.members[member.alert_id] = _over(known)
        if now_in or member.firing:
            self._of[member.alert_id] = (member, before | now_in)

    def forget(self, alert_id: str) -> None:
        """An incident is to be told of no more: of a person who was erased."""
        member, group_ids = self._of.pop(alert_id, (None, frozenset[str]()))
        if member is not None and member.firing:
            self._inhibition.closed(alert_id, member.labels)
        for group_id in group_ids:
            if (group := self._groups.get(group_id)) is not None:
                group.members.pop(alert_id, None)

    def next_us(self) -> int | None:
        """When something is due next; None for never."""
        return min((group.next_us for group in self._groups.values()), default=None)

    def due(self, now_us: int, of: Collection[str] | None = None) -> Due:
        """Looks at the groups whose time has come; of some incidents alone, where they are given."""
        found = Due()
        for group in self._groups_of(of):
            if group.next_us <= now_us:
                self._look(group, now_us, found)
        return found

    def resume(self, decision: Decision) -> None:
        """A notification of before this began is on its way still."""
        self._pending.add(decision.place)

    def ended(self, decision: Decision, now_us: int, *, arrived: bool) -> set[str]:
        """A notification arrived, or did not: then its receiver knows what it knew, and is told at the next look.

        Returns:
            Incidents that are over and of which no group has anything left to tell.
        """
        before = decision.before
        kept = Told(decision.sequence, before.firing, before.resolved, before.told_us)
        self._told[decision.place] = decision.after if arrived else kept
        self._pending.discard(decision.place)
        group, found = self._groups.get(decision.group_id), Due()
        if group is None:
            return found.done
        if not arrived and decision.reason is Reason.PAGE:
            group.next_us = min(group.next_us, now_us + group.pace.page_us)
        if group.waiting and arrived:
            group.waiting = False
            group.next_us = min(group.next_us, now_us)
        self._drop_over(group, found)
        return found.done

    def _groups_of(self, alert_ids: Collection[str] | None) -> list[Group]:
        if alert_ids is None:
            return list(self._groups.values())
        ids = {group_id for alert_id in alert_ids if alert_id in self._of for group_id in self._of[alert_id][1]}
        return [self._groups[group_id] for group_id in sorted(ids) if group_id in self._groups]

    def _group(self, route: Route, member: Member, now_us: int) -> Group | None:
        """The group that an incident belongs to; None where it would be a new one for something that is over."""
        labels = route.group_labels(member.labels)
        name = group_name(route, labels)
        group = self._groups.get(name.id)
        known = group is not None and member.alert_id in group.members
        if not member.firing and not known and not self._was_told(name.id, route, member):
            return None
        if group is None:
            group = Group(name, route, labels, self._first_look(name.id, route, member, now_us))
            self._groups[name.id] = group
        return group

    def _first_look(self, group_id: str, route: Route, member: Member, now_us: int) -> int:
        """Of a group that was told before, at its own pace; else once the first incident has waited."""
        tolds = [self.told(group_id, route.receiver, way.name) for way in self._receiver(route).ways]
        told_us = max((told.told_us for told in tolds), default=0)
        if told_us and any(told.firing for told in tolds):
            return next_look(told_us, route.pace.interval_us, now_us)
        return member.noted_us + route.pace.wait_us

    def _was_told(self, group_id: str, route: Route, member: Member) -> bool:
        one = next(iter(severities([member.mark])))
        return any(
            one in self.told(group_id, route.receiver, way.name).firing for way in self._receiver(route).ways
        )  # fmt: skip

    def _receiver(self, route: Route) -> Receiver:
        return self._plan.receivers[route.receiver]

    def _look(self, group: Group, now_us: int, found: Due) -> None:
        active = self._silences.active(now_us)
        free: list[Member] = []
        for member in group.members.values():
            hold = self._hold(member, active)
            found.holds.append(hold)
            if not (hold.silenced_by or hold.inhibited_by):
                free.append(member)
        group.looked_at(now_us)
        group.waiting = False
        free.sort(key=lambda member: (-member.firing, -member.severity, member.noted_us, member.alert_id))
        for way in self._receiver(group.route).ways:
            decision = self._decide(group, way, free, now_us) if free else None
            if decision is not None:
                found.decisions.append(decision)
        self._drop_over(group, found)

    def _hold(self, member: Member, active: Sequence[Silence]) -> Hold:
        if not member.firing:
            return Hold(member.alert_id)
        source = self._inhibition.inhibiting(member.alert_id, member.labels)
        silenced = tuple(silencing(active, member.labels)) if active else ()
        return Hold(member.alert_id, silenced, () if source is None else (source,))

    def _decide(self, group: Group, way: Way, free: list[Member], now_us: int) -> Decision | None:
        receiver = group.route.receiver
        place = place_of(group.name.id, receiver, way.name)
        told = self._told.get(place, Told())
        firing = tuple(member.mark for member in free if member.firing)
        resolved = tuple(member.mark for member in free if not member.firing)
        reason = reason_for(
            told, severities(firing), severities(resolved), group.pace.repeat_us, now_us, tells_end=way.tells_end
        )
        if reason is None:
            return None
        if place in self._pending:
            group.waiting = True
            return None
        if reason is Reason.PAGE:
            group.paged_us = now_us
        news = tuple(member.alert_id for member in free if _is_news(member, told))
        decision = Decision(
            group.name.id,
            group.name.key,
            group.labels,
            receiver,
            way.name,
            told.sequence + 1,
            reason,
            now_us,
            firing,
            resolved,
            tuple(member.alert_id for member in free[:MOST_NAMED]),
            news,
            reason is Reason.RESOLVED and not way.tells_end,
            told,
            heading(group.labels, len(firing), len(resolved)),
        )
        self._pending.add(place)
        return decision

    def _drop_over(self, group: Group, found: Due) -> None:
        """Incidents that are over and told to be leave the group, which ends with the last one."""
        ways = self._receiver(group.route).ways
        places = [place_of(group.name.id, group.route.receiver, way.name) for way in ways]
        if any(place in self._pending for place in places):
            return
        telling = [self._told.get(place, Told()) for place, way in zip(places, ways, strict=True) if way.tells_end]
        for member in [member for member in group.members.values() if not member.firing]:
            one = next(iter(severities([member.mark])))
            if any(one in told.firing for told in telling):
                continue
            del group.members[member.alert_id]
            newest, group_ids = self._of.get(member.alert_id, (None, frozenset[str]()))
            left = group_ids - {group.name.id}
            if newest is not None and not newest.firing and not left:
                del self._of[member.alert_id]
                found.done.add(member.alert_id)
            elif newest is not None:
                self._of[member.alert_id] = (newest, left)
        if not group.members:
            del self._groups[group.name.id]


def _over(member: Member) -> Member:
    return Member(member.alert_id, member.labels, member.severity, False, member.noted_us, member.version)


def _is_news(member: Member, told: Told) -> bool:
    one, grade = next(iter(severities([member.mark]).items()))
    return told.firing.get(one, 0) < grade if member.firing else one not in told.resolved
