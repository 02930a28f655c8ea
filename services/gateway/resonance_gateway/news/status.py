"""The state of the whole, from the heartbeats of its services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from resonance_contracts.pb.resonance.v1 import operations_pb2 as pb
from resonance_contracts.topics import Service

SILENT_AFTER_US: Final = 10_000_000
# An instance that has been silent for this long is gone for good: it is not worth naming.
FORGOTTEN_AFTER_US: Final = 600_000_000


class State(StrEnum):
    """How a service is."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service: its best instance decides whether it works, every instance whether it is degraded.

    Attributes:
        service: Which.
        state: How it is.
        reasons: A sentence for each thing that is missing.
        instances: Instances that reported lately.
        version: Version of the newest report; "" where none came.
        details: Facts of the newest report.
    """

    service: Service
    state: State
    reasons: tuple[str, ...]
    instances: int
    version: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


class Reports:
    """The newest heartbeat of every instance."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], pb.ServiceReport] = {}

    def take(self, report: pb.ServiceReport) -> None:
        """Takes a heartbeat; an older one than is known is passed over."""
        key = (report.service, report.instance)
        known = self._newest.get(key)
        if known is None or report.reported_us >= known.reported_us:
            self._newest[key] = report

    def services(self, now_us: int) -> list[ServiceStatus]:
        """Status of the six services, in the catalogue's order."""
        self._forget(now_us)
        return [_status(s, [r for r in self._newest.values() if r.service == s], now_us) for s in Service]

    def _forget(self, now_us: int) -> None:
        gone = [key for key, report in self._newest.items() if now_us - report.reported_us > FORGOTTEN_AFTER_US]
        for key in gone:
            del self._newest[key]


def overall(services: Iterable[ServiceStatus], well: str = "All six services are up.") -> tuple[State, str]:
    """State of the whole and one sentence that says why; `well` is the one where nothing is missing."""
    services = list(services)
    down = [s.service for s in services if s.state is State.DOWN]
    degraded = [s.service for s in services if s.state is State.DEGRADED]
    if not down and not degraded:
        return State.UP, well
    parts = [f"down: {', '.join(down)}"] if down else []
    parts += [f"degraded: {', '.join(degraded)}"] if degraded else []
    state = State.DOWN if len(down) == len(services) else State.DEGRADED
    return state, f"Not everything is well; {'; '.join(parts)}."


def _status(service: Service, reports: list[pb.ServiceReport], now_us: int) -> ServiceStatus:
    lately = [r for r in reports if now_us - r.reported_us <= SILENT_AFTER_US]
    running = [r for r in lately if r.state != pb.SERVICE_STATE_STOPPING]
    if not running:
        return ServiceStatus(service, State.DOWN, (_silence(service, reports, bool(lately), now_us),), 0)
    working = [r for r in running if r.state in (pb.SERVICE_STATE_READY, pb.SERVICE_STATE_DEGRADED)]
    reasons = tuple(dict.fromkeys(reason for r in running for reason in r.reasons))
    newest = max(running, key=lambda r: r.reported_us)
    state = State.DOWN
    if working:
        well = all(r.state == pb.SERVICE_STATE_READY for r in running)
        state = State.UP if well else State.DEGRADED
    return ServiceStatus(service, state, reasons, len(running), newest.version, dict(newest.details))


def _silence(service: Service, reports: list[pb.ServiceReport], stopped: bool, now_us: int) -> str:
    if stopped:
        return f"The {service} is stopping."
    if not reports:
        return f"The {service} has not reported yet."
    silent_s = (now_us - max(r.reported_us for r in reports)) // 1_000_000
    return f"The {service} has not reported for {silent_s} s."
