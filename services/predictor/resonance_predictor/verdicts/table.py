"""Verdicts as they were given: the newest of each incident holds. What follows from them does not depend on the order
in which they, and the ends of incidents, are read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven
from resonance_predictor.passing_time import LIVE
from resonance_predictor.peaks import DAY_US
from resonance_predictor.verdicts.leave import FARTHER, LASTS_US, LEAST_ROOM_US, LONGER, RULE, Leave, rule_room
from resonance_predictor.verdicts.precision import budget_share
from resonance_predictor.verdicts.terms import Verdicts

KEPT_US: Final = 30 * DAY_US
"""As long as the topic holds them: a process that starts anew knows as many."""

MOST_LEAVES: Final = 5_000
"""They stand in every snapshot."""

MOST_ENDS: Final = 100_000


class Counted(msgspec.Struct):
    """Incidents of one kind on which there is a verdict, and people whom they are of; only of the live stream.

    Attributes:
        false, true: Incidents.
        false_users, true_users: People.
    """

    false: int = 0
    true: int = 0
    false_users: set[str] = msgspec.field(default_factory=set)
    true_users: set[str] = msgspec.field(default_factory=set)

    @property
    def false_share(self) -> float:
        """Share of the incidents that were false."""
        return self.false / (self.false + self.true)


class VerdictTable:
    """Every verdict that is known."""

    def __init__(self) -> None:
        self._given: dict[str, FeedbackGiven] = {}
        self._ends: OrderedDict[str, Alert] = OrderedDict()

    def take(self, given: FeedbackGiven) -> bool:
        """Take one; returns whether anything changed: an older one than is known changes nothing."""
        known = self._given.get(given.alert_id)
        if known is not None and _rank(given) <= _rank(known):
            return False
        self._given[given.alert_id] = given
        return True

    def end(self, alert: Alert) -> bool:
        """Take the end of an incident, where all is known of it; returns whether a verdict on it is known."""
        self._ends[alert.alert_id] = alert
        if len(self._ends) > MOST_ENDS:
            self._ends.popitem(last=False)
        return alert.alert_id in self._given

    def forget(self, user_key: str) -> None:
        """Forget what was said of a user."""
        self._given = {id_: one for id_, one in self._given.items() if one.user_key != user_key}
        for id_ in [id_ for id_, alert in self._ends.items() if alert.user_key == user_key]:
            del self._ends[id_]

    def expire(self, now_us: int) -> bool:
        """Forget what was given too long ago; returns whether anything was."""
        old = [id_ for id_, one in self._given.items() if one.given_us + KEPT_US < now_us]
        for id_ in old:
            del self._given[id_]
        return bool(old)

    def counted(self) -> dict[str, Counted]:
        """What was said of each kind."""
        found: dict[str, Counted] = {}
        for one in self._valid():
            if one.alert.stream != LIVE:
                continue
            counted = found.setdefault(one.kind, Counted())
            if one.true_alarm:
                counted.true += 1
                counted.true_users.add(one.user_key)
            else:
                counted.false += 1
                counted.false_users.add(one.user_key)
        return dict(sorted(found.items()))

    def verdicts(self) -> Verdicts:
        """What follows from them."""
        true_us = self._true_us()
        leaves = [
            leave
            for one in self._valid()
            if not one.true_alarm
            and one.alert.opened_us > true_us.get((one.user_key, one.alert.stream, one.kind), -1)
            and (leave := self._leave(one)) is not None
        ]
        leaves.sort(key=lambda leave: (-leave.until_us, leave.user_key, leave.kind, leave.grounds, leave.farthest))
        rules = {one.kind for one in self._valid() if one.alert.grounds == RULE}
        shares = {
            kind: budget_share(len(counted.false_users), len(counted.true_users))
            for kind, counted in self.counted().items()
            if kind not in rules
        }
        return Verdicts(tuple(leaves[:MOST_LEAVES]), {kind: share for kind, share in shares.items() if share < 1.0})

    def _valid(self) -> Iterable[FeedbackGiven]:
        return (one for one in self._given.values() if not one.withdrawn)

    def _true_us(self) -> dict[tuple[str, str, str], int]:
        """When the newest real incident of a user and kind was opened: what was excused before is so no more."""
        found: dict[tuple[str, str, str], int] = {}
        for one in self._valid():
            if one.true_alarm:
                of = one.user_key, one.alert.stream, one.kind
                found[of] = max(found.get(of, -1), one.alert.opened_us)
        return found

    def _leave(self, one: FeedbackGiven) -> Leave | None:
        alert = self._ends.get(one.alert_id, one.alert)
        of = one.user_key, alert.stream, one.kind, alert.grounds, alert.last_seen_us + LASTS_US
        if alert.grounds != RULE:
            seen = FARTHER * alert.farthest, LONGER * alert.evidence
            return Leave(*of, *seen) if alert.grounds else None
        feature, threshold = next(iter(alert.finding.features), ""), alert.finding.threshold
        room = rule_room(feature, threshold, alert.farthest)
        if room is None:
            return None
        room_us = max(round(LONGER * (alert.last_seen_us - alert.opened_us)), LEAST_ROOM_US)
        return Leave(*of, room, 0.0, feature, threshold, alert.severity, room_us)


def _rank(given: FeedbackGiven) -> tuple[int, int, bool, bool]:
    return given.given_us, given.alert.revision, given.withdrawn, given.true_alarm
