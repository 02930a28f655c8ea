"""Which incidents are open now, from what is told, in whatever order it comes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeVar

from resonance_client.alerts.events import Alert, AlertEvent, Enriched, Explanation, VerdictGiven
from resonance_client.alerts.parts import rank

T = TypeVar("T")
REMEMBERED: Final = 2_000
"""Incidents that are over, and words of incidents that are not known yet."""


@dataclass(frozen=True, slots=True)
class Line:
    """One incident.

    Attributes:
        alert: The newest that is known of it.
        why: Why it was flagged, in words; empty while that is not known.
        verdict: "true" or "false" where an operator said so.
    """

    alert: Alert
    why: str = ""
    verdict: str = ""


class Board:
    """Keeps what is known of incidents; repeats change nothing.

    Args:
        language: Of the words.
        least: Lowest severity that is shown.
    """

    def __init__(self, language: str, least: str = "low") -> None:
        self._language = language
        self._least = rank(least)
        self._lines: dict[str, Line] = {}
        self._why: dict[str, str] = {}
        self._over: dict[str, None] = {}
        self.resolved = 0

    def take(self, event: AlertEvent) -> None:
        """Take what was told."""
        match event:
            case Alert(state="open"):
                self._opened(event)
            case Alert():
                self._resolved(event)
            case Explanation():
                for alert_id in event.alert_ids:
                    self._told(alert_id, event.natural(self._language))
            case Enriched():
                words = event.words(self._language)
                if words is not None and words.title:
                    self._told(event.alert_id, f"{words.title}. {words.summary}")
            case VerdictGiven():
                said = "" if event.withdrawn else str(event.true_alarm).lower()
                if event.alert_id in self._lines:
                    self._lines[event.alert_id] = replace(self._lines[event.alert_id], verdict=said)

    def open(self) -> list[Line]:
        """Open incidents: the most severe first, of those the newest first."""
        return sorted(self._lines.values(), key=lambda line: (-rank(line.alert.severity), -line.alert.opened_us))

    def newest(self) -> Line | None:
        """The incident that opened last."""
        return max(self._lines.values(), key=lambda line: line.alert.opened_us, default=None)

    def _opened(self, alert: Alert) -> None:
        known = self._lines.get(alert.alert_id)
        later = known is None or known.alert.revision < alert.revision
        if later and alert.alert_id not in self._over and rank(alert.severity) >= self._least:
            why = self._why.pop(alert.alert_id, "") if known is None else known.why
            self._lines[alert.alert_id] = Line(alert, why, "" if known is None else known.verdict)

    def _resolved(self, alert: Alert) -> None:
        if alert.alert_id not in self._over:
            self.resolved += 1
            _keep(self._over, alert.alert_id, None)
        self._lines.pop(alert.alert_id, None)
        self._why.pop(alert.alert_id, None)

    def _told(self, alert_id: str, why: str) -> None:
        if alert_id in self._lines:
            self._lines[alert_id] = replace(self._lines[alert_id], why=why)
        elif alert_id not in self._over:
            _keep(self._why, alert_id, why)


def _keep(kept: dict[str, T], key: str, value: T) -> None:
    kept[key] = value
    if len(kept) > REMEMBERED:
        del kept[next(iter(kept))]
