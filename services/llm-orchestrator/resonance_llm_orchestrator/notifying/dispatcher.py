"""Which notifications are due: groups of incidents by routes, less what is silenced and inhibited, with a reason each.

It is given the time, and sends nothing. What it decides depends on incidents, silences, the log of notifications and
the time alone, so that whoever has read those goes on where another ended.

    incident ──▶ routes ──▶ groups ──(due)──▶ held back? ──▶ reason for each way to the receiver ──▶ decisions
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from resonance_llm_orchestrator.notifying.deciding import decision_of, gravest_first
from resonance_llm_orchestrator.notifying.decision import Decision, place_of
from resonance_llm_orchestrator.notifying.due import Due
from resonance_llm_orchestrator.notifying.groups import Group, Member, next_look
from resonance_llm_orchestrator.notifying.holding import Holding
from resonance_llm_orchestrator.notifying.knowledge import Knowledge
from resonance_llm_orchestrator.notifying.plan import NotifyingPlan, Receiver, Way
from resonance_llm_orchestrator.notifying.reasons import Reason, Told, severities
from resonance_llm_orchestrator.notifying.routing import Route, group_name
from resonance_llm_orchestrator.notifying.silences import Silences


class Dispatcher:
    """Groups, and what their receivers know.

    Args:
        plan: Routes, receivers and inhibition rules.
        silences: Those that are known, kept up by whoever reads them.
    """

    def __init__(self, plan: NotifyingPlan, silences: Silences) -> None:
        self._plan = plan
        self._holding = Holding(plan.inhibitions, silences)
        self._groups: dict[str, Group] = {}
        self._of: dict[str, tuple[Member, frozenset[str]]] = {}
        self._knowledge = Knowledge()

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self._groups)

    def remember(self, group_id: str, receiver: str, way: str, told: Told) -> None:
        """What was told before this began; to be called before incidents are taken."""
        self._knowledge.remember(place_of(group_id, receiver, way), told)

    def take(self, member: Member, now_us: int) -> None:
        """An incident is new, or changed; one that is over and that nobody was told of is not taken anew."""
        known, before = self._of.get(member.alert_id, (None, frozenset[str]()))
        self._holding.taken(known, member)
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
        self._holding.gone(member)
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
        self._knowledge.begun(decision)

    def ended(self, decision: Decision, now_us: int, *, arrived: bool) -> None:
        """A notification arrived, or did not: then its receiver knows what it knew, and is told at the next look."""
        counts = self._knowledge.ended(decision, arrived=arrived)
        group = self._groups.get(decision.group_id)
        if group is None or not counts:
            return
        if not arrived and decision.reason is Reason.PAGE:
            group.next_us = min(group.next_us, now_us + group.pace.page_us)
        if group.waiting and arrived:
            group.waiting = False
            group.next_us = min(group.next_us, now_us)
        self._drop_over(group)

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
        tolds = self._tolds(group_id, route)
        told_us = max((told.told_us for told in tolds), default=0)
        if told_us and any(told.firing for told in tolds):
            return next_look(told_us, route.pace.interval_us, now_us)
        return member.noted_us + route.pace.wait_us

    def _was_told(self, group_id: str, route: Route, member: Member) -> bool:
        one = next(iter(severities([member.mark])))
        return any(one in told.firing for told in self._tolds(group_id, route))

    def _tolds(self, group_id: str, route: Route) -> list[Told]:
        """What is known on each way to the receiver."""
        ways = self._receiver(route).ways
        return [self._knowledge.told(place_of(group_id, route.receiver, way.name)) for way in ways]

    def _receiver(self, route: Route) -> Receiver:
        return self._plan.receivers[route.receiver]

    def _look(self, group: Group, now_us: int, found: Due) -> None:
        members = list(group.members.values())
        holds = self._holding.holds(members, now_us)
        found.holds += holds
        # The end of what is held back is told where it was told of before.
        unheard = [one for one in members if not one.firing and not self._was_told(group.name.id, group.route, one)]
        untold = {one.alert_id for one in unheard if self._holding.holds_back(one, now_us)}
        untold |= {hold.alert_id for hold in holds if hold.is_held}
        free = gravest_first([one for one in members if one.alert_id not in untold])
        group.looked_at(now_us)
        group.waiting = False
        for way in self._receiver(group.route).ways:
            decision = self._decide(group, way, free, now_us) if free else None
            if decision is not None:
                found.decisions.append(decision)
        self._drop_over(group)

    def _decide(self, group: Group, way: Way, free: Sequence[Member], now_us: int) -> Decision | None:
        """What is due now, once the notification before has ended; a page overtakes any other."""
        place = place_of(group.name.id, group.route.receiver, way.name)
        decision = decision_of(group, way, free, self._knowledge.told(place), now_us)
        if decision is None:
            return None
        ahead = self._knowledge.on_its_way(place)
        if ahead is not None:
            if decision.reason is not Reason.PAGE or ahead.reason is Reason.PAGE:
                group.waiting = True
                return None
            decision = replace(decision, sequence=ahead.sequence + 1)
        if decision.reason is Reason.PAGE:
            group.paged_us = now_us
        self._knowledge.begun(decision)
        return decision

    def _drop_over(self, group: Group) -> None:
        """Incidents that are over and told to be leave the group, which ends with the last one."""
        ways = self._receiver(group.route).ways
        places = [place_of(group.name.id, group.route.receiver, way.name) for way in ways]
        if any(self._knowledge.on_its_way(place) for place in places):
            return
        telling = [self._knowledge.told(place) for place, way in zip(places, ways, strict=True) if way.tells_end]
        for member in [member for member in group.members.values() if not member.firing]:
            one = next(iter(severities([member.mark])))
            if not any(one in told.firing for told in telling):
                del group.members[member.alert_id]
                self._left(member.alert_id, group)
        if not group.members:
            del self._groups[group.name.id]

    def _left(self, alert_id: str, group: Group) -> None:
        """An incident is not in a group any more; one that is over and in none is not known any more."""
        newest, group_ids = self._of.get(alert_id, (None, frozenset[str]()))
        if newest is None:
            return
        left = group_ids - {group.name.id}
        if newest.firing or left:
            self._of[alert_id] = (newest, left)
        else:
            del self._of[alert_id]


def _over(member: Member) -> Member:
    return Member(member.alert_id, member.labels, member.severity, False, member.noted_us, member.version)
