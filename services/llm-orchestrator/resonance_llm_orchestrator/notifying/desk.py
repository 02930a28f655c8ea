"""Incidents and notifications together: takes what came, says what is to be stored and what is to be sent.

Everything that is to be stored stays on the list until it is: whoever calls may call again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from resonance_contracts.pb.resonance.v1 import action_pb2, alert_pb2, incident_pb2, operations_pb2
from resonance_llm_orchestrator.notifying import incidents
from resonance_llm_orchestrator.notifying.awaited import Awaited
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome, from_wire, told_by
from resonance_llm_orchestrator.notifying.dispatcher import Dispatcher
from resonance_llm_orchestrator.notifying.incidents import Incident, member_of
from resonance_llm_orchestrator.notifying.plan import NotifyingPlan
from resonance_llm_orchestrator.notifying.reasons import mark, severities
from resonance_llm_orchestrator.notifying.silences import Silences

MOST_OVER: Final = 20_000
"""Incidents that are over and kept at hand for what is said of them later; older ones are looked up."""

_PENDING: Final = incident_pb2.NOTIFICATION_STATE_PENDING


class Desk:
    """All that whoever tells people of incidents knows.

    Args:
        plan: Routes, receivers, rules.
        silences: Those that are known.

    Attributes:
        unstored: Incidents that changed and are not stored yet, by id.
        decided: Notifications that are not stored yet as on their way, by the key of their records.
    """

    def __init__(self, plan: NotifyingPlan, silences: Silences) -> None:
        self._dispatcher = Dispatcher(plan, silences)
        self._known: OrderedDict[str, Incident] = OrderedDict()
        self._over: OrderedDict[str, None] = OrderedDict()
        self._held: set[str] = set()
        self._awaited = Awaited()
        self.unstored: dict[str, Incident] = {}
        self.decided: dict[str, Decision] = {}

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return self._dispatcher.groups

    @property
    def held(self) -> dict[str, int]:
        """How many open incidents nobody is told of, by why."""
        return {
            "silenced": sum(bool(self._known[id_].silenced_by) for id_ in self._held if id_ in self._known),
            "inhibited": sum(bool(self._known[id_].inhibited_by) for id_ in self._held if id_ in self._known),
        }

    def restore(
        self, entries: Iterable[incident_pb2.NotificationSent], known: Iterable[Incident], now_us: int
    ) -> list[Decision]:
        """Goes on from what is stored; returns notifications that are on their way still."""
        pending = []
        for entry in entries:
            decision = from_wire(entry)
            if entry.state == _PENDING:
                self._dispatcher.remember(entry.group_id, entry.receiver, entry.way, decision.before)
                self._dispatcher.resume(decision)
                pending.append(decision)
            else:
                self._dispatcher.remember(entry.group_id, entry.receiver, entry.way, told_by(entry))
        for incident in known:
            self.recall(incident)
            self._dispatcher.take(member_of(incident), now_us)
        return [replace(decision, news=self._news(decision)) for decision in pending]

    def _news(self, decision: Decision) -> tuple[str, ...]:
        """What a notification tells for the first time, of the incidents that are at hand."""
        firing, resolved = set(decision.firing), severities(decision.resolved)
        before = decision.before
        found = []
        for alert_id, known in self._known.items():
            own = mark(alert_id, known.severity)
            one, grade = next(iter(severities([own]).items()))
            opens = own in firing and before.firing.get(one, 0) < grade
            if opens or (one in resolved and one not in before.resolved):
                found.append(alert_id)
        return tuple(found)

    def knows(self, alert_id: str) -> bool:
        """Whether an incident is at hand."""
        return alert_id in self._known

    def find(self, alert_id: str) -> Incident | None:
        """An incident that is at hand."""
        return self._known.get(alert_id)

    def recall(self, incident: Incident) -> None:
        """An incident that was stored before is at hand again."""
        self._known[incident.alert_id] = incident
        if incident.silenced_by or incident.inhibited_by:
            self._held.add(incident.alert_id)
        else:
            self._held.discard(incident.alert_id)
        if incident.state != incident_pb2.INCIDENT_STATE_OPEN:
            self._over[incident.alert_id] = None

    def enriched(self, alert: alert_pb2.EnrichedAlert, now_us: int) -> None:
        """An enriched alert came."""
        self._changed(incidents.with_words(self._known.get(alert.alert_id), alert, now_us), now_us)

    def verdict(self, given: operations_pb2.FeedbackGiven, now_us: int) -> None:
        """A verdict came."""
        self._noted(incidents.with_verdict(self._known.get(given.alert_id), given, now_us))

    def acted(self, action: action_pb2.Action, now_us: int) -> None:
        """An action is proposed, or has gone on; that of an incident that is not known waits for it."""
        if (known := self._known.get(action.alert_id)) is None:
            self._awaited.put(action)
        else:
            self._noted(incidents.with_action(known, action, now_us))

    def look(self, now_us: int, of: Collection[str] | None = None) -> None:
        """Decides what is due, of some incidents alone where they are given; see `decided` and `unstored`."""
        due = self._dispatcher.due(now_us, of)
        for hold in due.holds:
            if (known := self._known.get(hold.alert_id)) is not None:
                self._noted(incidents.with_hold(known, hold, now_us))
        for decision in due.decisions:
            self.decided[decision.place] = decision
        self._shed()

    def next_us(self) -> int | None:
        """When something is due next; None for never."""
        return self._dispatcher.next_us()

    def ended(self, decision: Decision, outcome: Outcome) -> None:
        """A notification arrived, or did not."""
        arrived = not outcome.failure
        self._dispatcher.ended(decision, outcome.ended_us, arrived=arrived)
        if not arrived or decision.quiet:
            return
        way = f"{decision.receiver}/{decision.way}"
        for alert_id in decision.news or decision.alert_ids:
            if (known := self._known.get(alert_id)) is not None:
                self._noted(incidents.with_told(known, decision.id, way, decision.reason, outcome.ended_us))

    def forget(self, alert_id: str, now_us: int) -> None:
        """An incident is forgotten: nobody is told of it any more."""
        self._dispatcher.forget(alert_id)
        if (known := self._known.pop(alert_id, None)) is not None:
            self.unstored[alert_id] = incidents.forgotten(known, now_us)
        self._over.pop(alert_id, None)

    def forget_decisions(self, user_key: str, now_us: int) -> None:
        """Nothing waits for incidents of a person, and none at hand says that they decided on it."""
        self._awaited.forget(user_key)
        for known in list(self._known.values()):
            self._noted(incidents.without_operator(known, user_key, now_us))

    def of_user(self, user_key: str) -> list[str]:
        """Incidents of a user that are at hand."""
        return [id_ for id_, known in self._known.items() if known.enriched.alert.user_key == user_key]

    def stored(self, changed: Mapping[str, Incident], decided: Mapping[str, Decision]) -> None:
        """These are stored; what changed meanwhile stays on the list."""
        _drop_same(self.unstored, changed)
        _drop_same(self.decided, decided)

    def _changed(self, incident: Incident | None, now_us: int) -> None:
        if incident is not None:
            self._noted(incident)
            self._dispatcher.take(member_of(incident), now_us)

    def _noted(self, incident: Incident | None) -> None:
        if incident is not None:
            for action in self._awaited.pop(incident.alert_id):
                incident = incidents.with_action(incident, action, incident.changed_us) or incident
            self.recall(incident)
            self.unstored[incident.alert_id] = incident

    def _shed(self) -> None:
        while len(self._over) > MOST_OVER:
            alert_id, _ = self._over.popitem(last=False)
            if alert_id not in self.unstored:
                self._known.pop(alert_id, None)


T = TypeVar("T")


def _drop_same(waiting: dict[str, T], stored: Mapping[str, T]) -> None:
    for key, value in stored.items():
        if waiting.get(key) is value:
            del waiting[key]
