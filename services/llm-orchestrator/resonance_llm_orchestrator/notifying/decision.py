"""A decision to tell somebody something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_llm_orchestrator.notifying.reasons import Reason, Told, severities

MOST_MARKS: Final = 100_000
"""Incidents that a record has room for. Of a larger group it does not say what was known before: after a failure, all
of it is told as new."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One notification.

    Attributes:
        group_id, group_key, group_labels: Whom it is about.
        receiver, way: Who is told, and how: "ops", "webhook/0".
        sequence: From 1, for a group and a way to a receiver.
        reason: Why.
        decided_us: When, microseconds since the epoch.
        firing, resolved: All incidents that it counts, as marks.
        alert_ids: Those it names, gravest first.
        news: Those of all that it tells for the first time, or tells to be over.
        quiet: Whether it is only noted: the receiver does not want to hear of ends.
        before: What the receiver knew.
        titles: In one line, by language.
    """

    group_id: str
    group_key: str
    group_labels: Mapping[str, str]
    receiver: str
    way: str
    sequence: int
    reason: Reason
    decided_us: int
    firing: tuple[int, ...]
    resolved: tuple[int, ...]
    alert_ids: tuple[str, ...]
    news: tuple[str, ...]
    quiet: bool
    before: Told
    titles: Mapping[str, str]

    @property
    def place(self) -> str:
        """Key of the record: the group and the way to the receiver."""
        return place_of(self.group_id, self.receiver, self.way)

    @property
    def id(self) -> str:
        """The same for a repeat."""
        return f"{self.place}/{self.sequence}"

    @property
    def after(self) -> Told:
        """What the receiver knows once it was told."""
        return Told(
            self.sequence, severities(self.firing), frozenset(severities(self.resolved)), self.decided_us
        )  # fmt: skip


def place_of(group_id: str, receiver: str, way: str) -> str:
    """Key of the records of a group and a way to a receiver."""
    return f"{group_id}/{receiver}/{way}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a notification.

    Attributes:
        ended_us: When, microseconds since the epoch.
        attempts: Requests that were made.
        failure: Why it did not arrive, a sentence; empty where it did.
    """

    ended_us: int
    attempts: int
    failure: str = ""


def to_wire(decision: Decision, outcome: Outcome | None) -> incident_pb2.NotificationSent:
    """The record of a notification, on its way or ended."""
    before = decision.before
    counts = (decision.firing, decision.resolved, before.firing, before.resolved)
    fits = sum(map(len, counts)) <= MOST_MARKS
    state = incident_pb2.NOTIFICATION_STATE_PENDING
    if outcome is not None:
        failed = bool(outcome.failure)
        state = incident_pb2.NOTIFICATION_STATE_FAILED if failed else incident_pb2.NOTIFICATION_STATE_SENT
    return incident_pb2.NotificationSent(
        notification_id=decision.id,
        group_id=decision.group_id,
        group_key=decision.group_key,
        group_labels=decision.group_labels,
        receiver=decision.receiver,
        way=decision.way,
        sequence=decision.sequence,
        reason=decision.reason,
        state=state,
        decided_us=decision.decided_us,
        ended_us=outcome.ended_us if outcome else 0,
        attempts=outcome.attempts if outcome else 0,
        failure=outcome.failure if outcome else "",
        alert_ids=decision.alert_ids,
        firing_count=len(decision.firing),
        resolved_count=len(decision.resolved),
        firing=decision.firing,
        resolved=decision.resolved,
        told_firing=_marks(before.firing) if fits else (),
        told_resolved=[one << 3 for one in sorted(before.resolved)] if fits else (),
        told_us=before.told_us,
        titles=decision.titles,
    )


def _marks(firing: Mapping[int, int]) -> Sequence[int]:
    return [one << 3 | grade for one, grade in sorted(firing.items())]


def from_wire(entry: incident_pb2.NotificationSent) -> Decision:
    """The decision of a record; `news` is empty, for what was news is known by the incidents."""
    before = Told(
        entry.sequence - 1,
        severities(entry.told_firing),
        frozenset(severities(entry.told_resolved)),
        entry.told_us,
    )
    return Decision(
        entry.group_id, entry.group_key, dict(entry.group_labels), entry.receiver, entry.way, entry.sequence,
        Reason(entry.reason), entry.decided_us, tuple(entry.firing), tuple(entry.resolved), tuple(entry.alert_ids),
        (), False, before, dict(entry.titles),
    )  # fmt: skip


def told_by(entry: incident_pb2.NotificationSent) -> Told:
    """What a receiver knows after the newest notification of a group, sent or failed."""
    decision = from_wire(entry)
    if entry.state == incident_pb2.NOTIFICATION_STATE_FAILED:
        before = decision.before
        return Told(entry.sequence, before.firing, before.resolved, before.told_us)
    return decision.after
