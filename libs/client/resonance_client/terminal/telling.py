"""Tells alerts on a screen as they arrive: raised, why, graver, resolved."""

from __future__ import annotations

from resonance_client.alerts.events import Alert, AlertEvent, Explanation
from resonance_client.terminal import words
from resonance_client.terminal.screen import Screen


class Teller:
    """Prints each incident once, its explanation once, each rise and its end once, in whatever order they arrive."""

    def __init__(self, screen: Screen, language: str) -> None:
        self._screen = screen
        self._language = language
        self._raised: dict[str, str] = {}
        self._revisions: dict[str, int] = {}
        self._explained: set[str] = set()
        self._resolved: set[str] = set()
        self._early: dict[str, Explanation] = {}

    def tell(self, event: AlertEvent, note: str = "") -> None:
        """Print what is new in an event; `note` goes behind an alert's line."""
        match event:
            case Alert(state="open"):
                self._tell_raised(event, note)
            case Alert():
                self._tell_resolved(event)
            case Explanation():
                self._tell_why(event)
            case _:
                pass

    def _tell_raised(self, alert: Alert, note: str) -> None:
        before = self._revisions.get(alert.alert_id, 0)
        self._revisions[alert.alert_id] = max(before, alert.revision)
        if alert.alert_id in self._raised:
            if alert.rises and alert.revision > before:
                self._screen.line(words.graver(alert, self._language), words.STYLES.get(alert.severity, ""))
            return
        self._raised[alert.alert_id] = alert.who
        line = words.raised(alert, self._language)
        self._screen.line(f"{line}  ({note})" if note else line, words.STYLES.get(alert.severity, ""))
        if alert.alert_id in self._early:
            self._tell_why(self._early.pop(alert.alert_id))

    def _tell_resolved(self, alert: Alert) -> None:
        if alert.alert_id not in self._resolved:
            self._resolved.add(alert.alert_id)
            self._screen.line(words.resolved(alert, self._language), "green")

    def _tell_why(self, explanation: Explanation) -> None:
        """One explanation may explain several incidents: it is printed once, with the first of them."""
        known = [i for i in explanation.alert_ids if i in self._raised]
        for alert_id in explanation.alert_ids:
            if alert_id not in self._raised:
                self._early.setdefault(alert_id, explanation)
        if not any(i not in self._explained for i in known):
            return
        self._explained.update(known)
        text = explanation.natural(self._language)
        if text:
            self._screen.line(words.why(self._raised[known[0]], text), "dim")
