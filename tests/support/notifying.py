"""A desk with a clock of its own, and what is stored beside it: who is told of what, without a broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, incident_pb2
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome, to_wire
from resonance_llm_orchestrator.notifying.desk import Desk
from resonance_llm_orchestrator.notifying.reasons import Reason
from resonance_llm_orchestrator.notifying.routes_file import plan_of
from resonance_llm_orchestrator.notifying.silences import Silences

S = 1_000_000
START = 1_795_000_000 * S
MakeAlert = Callable[..., detection_pb2.Alert]

ROUTES = """
route:
  receiver: ops
  group_by: [kind]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  page_interval: 10s
  routes:
    - matchers: [recipient_role="security"]
      receiver: security
receivers:
  - name: ops
    webhook: [{url: "http://localhost/"}]
  - name: security
    webhook: [{url: "http://localhost/", send_resolved: false}]
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity=~"low|medium"]
    equal: [user, stream]
"""


@dataclass
class Scene:
    """A desk, its clock, and what is stored beside it."""

    alert: MakeAlert
    now: int = START
    silences: Silences = field(default_factory=Silences)
    told: list[Decision] = field(default_factory=list)
    log: dict[str, incident_pb2.NotificationSent] = field(default_factory=dict)
    incidents: dict[str, incident_pb2.Incident] = field(default_factory=dict)
    down: bool = False

    def __post_init__(self) -> None:
        self.desk = Desk(plan_of(ROUTES, "routes"), self.silences)

    def comes(self, id_: str, **changes: Any) -> None:
        """An enriched alert comes."""
        alert = self.alert(alert_id=id_, **changes)
        over = alert.state == detection_pb2.ALERT_STATE_RESOLVED
        enriched = alert_pb2.EnrichedAlert(
            alert_id=id_, revision=3 if over else alert.revision, alert=alert,
            recipient_role=str(changes.get("role", "devops")),
        )  # fmt: skip
        self.desk.enriched(enriched, self.now)
        self.look()

    def ends(self, id_: str, **changes: Any) -> None:
        """An incident is over."""
        self.comes(id_, state=detection_pb2.ALERT_STATE_RESOLVED, resolved_us=self.now, **changes)

    def after(self, seconds: float) -> list[tuple[str, Reason]]:
        """What is told in this time, by receiver and reason."""
        before, until = len(self.told), self.now + round(seconds * S)
        while (due := self.desk.next_us()) is not None and due <= until:
            self.now = max(self.now, due)
            self.look()
        self.now = until
        return [(decision.receiver, decision.reason) for decision in self.told[before:]]

    def look(self) -> None:
        """Decides, stores, sends."""
        self.desk.look(self.now)
        self.store()
        for decision in list(self.desk.decided.values()):
            self.log[decision.place] = to_wire(decision, None)
            self.desk.stored({}, {decision.place: decision})
            self.send(decision)
        self.store()

    def send(self, decision: Decision) -> None:
        outcome = Outcome(self.now, 1, "It is down." if self.down else "")
        self.told.append(decision)
        self.log[decision.place] = to_wire(decision, outcome)
        self.desk.ended(decision, outcome)

    def store(self) -> None:
        changed = dict(self.desk.unstored)
        self.incidents |= changed
        self.desk.stored(changed, {})

    def dies_and_begins_anew(self) -> list[Decision]:
        """Only what was stored is left."""
        self.desk = Desk(plan_of(ROUTES, "routes"), self.silences)
        return self.desk.restore(self.log.values(), self.incidents.values(), self.now)
