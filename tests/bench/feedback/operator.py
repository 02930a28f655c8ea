"""An operator who answers every alert ten minutes after it was raised: true where something was planted, else false."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven

ANSWERS_AFTER_US: Final = 600_000_000


class Operator:
    """Answers alerts.

    Args:
        is_true: Whether an alert is about something that was planted.

    Attributes:
        given: Every answer, in the order of time.
    """

    def __init__(self, is_true: Callable[[pb.Alert], bool]) -> None:
        self._is_true = is_true
        self._known: dict[str, pb.Alert] = {}
        self._waiting: list[pb.Alert] = []
        self.given: list[FeedbackGiven] = []

    def hear(self, alerts: Iterable[pb.Alert]) -> None:
        """Alerts that were raised or resolved."""
        for alert in alerts:
            if alert.alert_id not in self._known:
                self._waiting.append(alert)
            self._known[alert.alert_id] = alert

    def answers(self, now_us: int) -> list[FeedbackGiven]:
        """What is answered by an event time."""
        due = [alert for alert in self._waiting if alert.opened_us + ANSWERS_AFTER_US <= now_us]
        self._waiting = [alert for alert in self._waiting if alert not in due]
        said = [self._answer(self._known[alert.alert_id], now_us) for alert in due]
        self.given += said
        return said

    def _answer(self, alert: pb.Alert, now_us: int) -> FeedbackGiven:
        return FeedbackGiven(
            alert_id=alert.alert_id,
            user_key=alert.user_key,
            kind=alert.kind,
            true_alarm=self._is_true(alert),
            given_us=now_us,
            alert=alert,
        )
