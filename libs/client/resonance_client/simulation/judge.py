"""Compares what was raised with what was planted. Pure: arrivals go in, a verdict comes out.

A planted incident is detected by an alert on its user, of an accepted kind, opened after it began and at
most `GRACE_US` after it ended. Such an alert of another kind is neither a detection nor false: it is about
behaviour that was planted. Any other alert is false.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil, inf
from typing import Any, Final

from resonance_client.alerts.events import Alert, Explanation
from resonance_client.alerts.watch import Arrival
from resonance_client.simulation.plan import Planted

GRACE_US: Final = 3_600_000_000
"""One hour: the longest window that a feature looks back on."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The verdict on a run.

    Attributes:
        incidents: How many were planted.
        detected: How many of them an alert was raised for.
        explained: How many of them have an alert whose explanation arrived.
        false_alerts: Alerts on what was not planted.
        latency_ms_p50, latency_ms_p99: From the gateway's reading of the newest frame behind an alert to the
            alert's arrival here, in milliseconds; None without alerts.
        events: Frames sent.
        ordinary_users: Users on whom nothing was planted.
        ordinary_users_flagged: How many of them had a false alert.
        missing: One sentence for each planted incident that was not detected or not explained.
        duplicates: Alerts opened while another of the same user and kind was open, and repeats of one alert
            whose content differs.
        alerts: Incidents opened, of all kinds.
        alerts_by_kind: How many of each kind.
        explained_latency_ms_p50: As latency_ms_p50, to the arrival of the explanation.
    """

    incidents: int
    detected: int
    explained: int
    false_alerts: int
    latency_ms_p50: float | None
    latency_ms_p99: float | None
    events: int
    ordinary_users: int
    ordinary_users_flagged: int
    missing: tuple[str, ...]
    duplicates: int
    alerts: int
    alerts_by_kind: dict[str, int]
    explained_latency_ms_p50: float | None

    @property
    def complete(self) -> bool:
        """Whether every planted incident was detected and explained."""
        return not self.missing

    def as_json(self) -> dict[str, Any]:
        """Its fields, as JSON has them."""
        return asdict(self)


class Judge:
    """Takes arrivals of one stream and judges them.

    Args:
        stream: Event stream to judge; what belongs to another is ignored.
        ordinary_users: Users on whom nothing is planted.
    """

    def __init__(self, stream: str, ordinary_users: int) -> None:
        self._stream = stream
        self._ordinary_users = ordinary_users
        self._planted: list[Planted] = []
        self._opened: dict[str, Arrival] = {}
        self._alerts: dict[str, Alert] = {}
        self._explained_us: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._resolved_us: dict[str, int] = {}
        self._changed = 0

    def plant(self, planted: Iterable[Planted]) -> None:
        """These incidents are to be found, too; one that is known already stays one."""
        self._planted += [p for p in planted if p not in self._planted]

    def take(self, arrival: Arrival) -> bool:
        """Take what arrived; returns whether it is of the judged stream."""
        event = arrival.event
        if not isinstance(event, Alert | Explanation) or event.stream != self._stream:
            return False
        if event.user_id is not None:
            self._names[event.user_key] = event.user_id
        if isinstance(event, Alert):
            self._take_alert(event, arrival)
        else:
            for alert_id in event.alert_ids:
                self._explained_us.setdefault(alert_id, arrival.at_us)
        return True

    def who(self, alert: Alert) -> str:
        """User id of an alert; a gateway that restarted resolves it only once the user was there again."""
        return alert.user_id or self._names.get(alert.user_key, alert.user_key)

    def planted_for(self, alert: Alert) -> Planted | None:
        """The planted incident that an alert is about, of whatever kind the alert is."""
        return next((p for p in self._planted if self._about(alert, p)), None)

    def detections(self, planted: Planted) -> list[Alert]:
        """Alerts that detected an incident, in the order of their arrival."""
        return [a for a in self._alerts.values() if self._about(a, planted) and a.kind in planted.accepted]

    @property
    def complete(self) -> bool:
        """Whether every planted incident was detected and explained so far."""
        return not self._missing()

    def summary(self, events: int) -> Summary:
        """The verdict so far; `events` is how many frames were sent."""
        false = [a for a in self._alerts.values() if self.planted_for(a) is None]
        planted_users = {p.user for p in self._planted}
        latencies = [(a.at_us - _received(a)) / 1000 for a in self._opened.values() if _received(a)]
        explained = [
            (self._explained_us[alert_id] - _received(a)) / 1000
            for alert_id, a in self._opened.items()
            if _received(a) and alert_id in self._explained_us
        ]
        return Summary(
            incidents=len(self._planted),
            detected=sum(bool(self.detections(p)) for p in self._planted),
            explained=sum(self._is_explained(p) for p in self._planted),
            false_alerts=len(false),
            latency_ms_p50=_quantile(latencies, 0.5),
            latency_ms_p99=_quantile(latencies, 0.99),
            events=events,
            ordinary_users=self._ordinary_users,
            ordinary_users_flagged=len({self.who(a) for a in false} - planted_users),
            missing=tuple(self._missing()),
            duplicates=self._changed + self._overlaps(),
            alerts=len(self._alerts),
            alerts_by_kind=dict(Counter(a.kind for a in self._alerts.values()).most_common()),
            explained_latency_ms_p50=_quantile(explained, 0.5),
        )

    def _take_alert(self, alert: Alert, arrival: Arrival) -> None:
        if alert.state == "resolved":
            self._resolved_us[alert.alert_id] = alert.resolved_us
        elif alert.rises:
            return
        elif alert.alert_id in self._alerts:
            self._changed += _content(self._alerts[alert.alert_id]) != _content(alert)
        else:
            self._alerts[alert.alert_id] = alert
            self._opened[alert.alert_id] = arrival

    def _overlaps(self) -> int:
        """Alerts opened before an earlier one of the same user and kind was resolved, in event time.

        Judged at the end, since openings and resolutions come by different topics, in any order.
        """
        count = 0
        ends: dict[tuple[str, str], float] = {}
        for alert in sorted(self._alerts.values(), key=lambda alert: alert.opened_us):
            incident = (alert.user_key, alert.kind)
            count += alert.opened_us < ends.get(incident, 0)
            ends[incident] = self._resolved_us.get(alert.alert_id, inf)
        return count

    def _about(self, alert: Alert, planted: Planted) -> bool:
        in_time = planted.start_us <= alert.opened_us <= planted.end_us + GRACE_US
        return in_time and self.who(alert) == planted.user

    def _is_explained(self, planted: Planted) -> bool:
        return any(alert.alert_id in self._explained_us for alert in self.detections(planted))

    def _missing(self) -> list[str]:
        sentences = []
        for planted in self._planted:
            if not self.detections(planted):
                sentences.append(f"The {planted.kind} of {planted.user} was not detected.")
            elif not self._is_explained(planted):
                sentences.append(f"The {planted.kind} of {planted.user} was detected but not explained.")
        return sentences


def _content(alert: Alert) -> Alert:
    """Without the user id, which is the gateway's knowledge and not the alert's."""
    return alert.model_copy(update={"user_id": None})


def _received(arrival: Arrival) -> int:
    return arrival.event.last_received_us if isinstance(arrival.event, Alert) else 0


def _quantile(values: Sequence[float], share: float) -> float | None:
    """Nearest-rank quantile, rounded to a tenth; None without values."""
    if not values:
        return None
    return round(sorted(values)[max(0, ceil(share * len(values)) - 1)], 1)
