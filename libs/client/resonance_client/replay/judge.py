"""How well flagged addresses agree with the truth. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from resonance_client.alerts.events import Alert
from resonance_client.replay.truth import Truth


@dataclass(frozen=True, slots=True)
class Verdict:
    """Agreement of flags and truth.

    Attributes:
        addresses, robots, ordinary: How many the log has.
        flagged: Addresses with an alert.
        robots_flagged, ordinary_flagged: How many of them are what.
        precision: Share of flagged addresses that are robots; None where nothing was flagged.
        recall: Share of robots that were flagged; None where there are none.
        recall_of_requests: Share of the robots' requests that came from flagged robots; None where there are none.
        alerts: Incidents raised.
        kinds: For each kind of alert, how many robots and how many ordinary addresses have one.
        events: Requests sent.
    """

    addresses: int
    robots: int
    ordinary: int
    flagged: int
    robots_flagged: int
    ordinary_flagged: int
    precision: float | None
    recall: float | None
    recall_of_requests: float | None
    alerts: int
    kinds: dict[str, dict[str, int]]
    events: int

    def as_json(self) -> dict[str, Any]:
        """Its fields, as JSON has them."""
        return asdict(self)


def judge(truth: Truth, alerts: Iterable[Alert], requests: Mapping[str, int]) -> Verdict:
    """Compare.

    Args:
        truth: What the addresses are.
        alerts: Alerts of the replayed stream; several of one id count once, and so do resolutions.
        requests: Number of requests by address.
    """
    raised = {alert.alert_id: alert for alert in alerts}.values()
    flagged = frozenset(alert.who for alert in raised) & truth.addresses
    found = flagged & truth.robots
    return Verdict(
        addresses=len(truth.addresses),
        robots=len(truth.robots),
        ordinary=len(truth.ordinary),
        flagged=len(flagged),
        robots_flagged=len(found),
        ordinary_flagged=len(flagged - truth.robots),
        precision=_share(len(found), len(flagged)),
        recall=_share(len(found), len(truth.robots)),
        recall_of_requests=_share(sum(requests[a] for a in found), sum(requests[a] for a in truth.robots)),
        alerts=len(raised),
        kinds=_kinds(truth, raised),
        events=sum(requests.values()),
    )


def _kinds(truth: Truth, alerts: Iterable[Alert]) -> dict[str, dict[str, int]]:
    pairs = {(alert.kind, alert.who) for alert in alerts}
    robots = Counter(kind for kind, who in pairs if who in truth.robots)
    ordinary = Counter(kind for kind, who in pairs if who in truth.ordinary)
    return {
        kind: {"robots": robots[kind], "ordinary": ordinary[kind]} for kind in sorted(robots.keys() | ordinary.keys())
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
