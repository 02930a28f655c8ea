"""Tells everyone who reads `services.reported` how this instance is."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import operations_pb2
from resonance_contracts.topics import SERVICES_REPORTED
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Health
from resonance_runtime.records import Outgoing
from resonance_runtime.runtime import Runtime
from resonance_runtime.wall_clock import SHARED, ahead_us, now_us, wrong

log = logging.getLogger(__name__)

INTERVAL_S: Final = 1.0
REPORTS_WITHOUT_CHANGE: Final = 5
CLOCK: Final = "clock"


def state_of(health: Health) -> tuple[operations_pb2.ServiceState, list[str]]:
    """State and its reasons, worst first."""
    if health.stopping:
        return operations_pb2.SERVICE_STATE_STOPPING, []
    if unready := health.unready():
        return operations_pb2.SERVICE_STATE_STARTING, list(unready.values())
    if reasons := [*health.stalled().values(), *health.degradations().values()]:
        return operations_pb2.SERVICE_STATE_DEGRADED, reasons
    return operations_pb2.SERVICE_STATE_READY, []


class Heartbeat:
    """A report whenever something changed, the machine's clock included, and every few seconds otherwise."""

    def __init__(self, runtime: Runtime[Any], version: str) -> None:
        self._runtime = runtime
        self._version = version
        self._last: bytes = b""
        self._silent = 0

    async def start(self) -> None:
        """Begins to report."""
        self._runtime.spawn("heartbeat", self._beat())

    async def stop(self) -> None:
        """Tells that the instance stops."""
        await self._report()

    async def _beat(self) -> None:
        while True:
            await self._report()
            await asyncio.sleep(INTERVAL_S)

    async def _report(self) -> None:
        service, instance = self._runtime.service, self._runtime.settings.instance
        state, reasons = state_of(self._runtime.health)
        report = operations_pb2.ServiceReport(
            service=service,
            instance=instance,
            version=self._version,
            state=state,
            reasons=reasons,
            details=self._runtime.health.details,
        )
        content = report.SerializeToString(deterministic=True)
        self._silent += 1
        if content == self._last and self._silent < REPORTS_WITHOUT_CHANGE and not SHARED.doubtful:
            return
        reported_us = report.reported_us = now_us()
        key = f"{service}/{instance}"
        record = Outgoing(SERVICES_REPORTED, report, f"{key}/{reported_us}", reported_us, key=key.encode())
        try:
            ahead = await ahead_us(self._runtime.publisher, record)
        except Unavailable as fault:
            log.warning("report was not sent", extra={"reason": str(fault)})
            return
        self._last, self._silent = content, 0
        if ahead is not None:
            self._compare(ahead)

    def _compare(self, ahead: int) -> None:
        """Says how far this machine's clock is from the broker's, and whether that is too far."""
        metrics.CLOCK_AHEAD.set(ahead / 1e6)
        SHARED.learn(ahead)
        if (sentence := wrong(ahead)) is None:
            self._runtime.health.clear(CLOCK)
        else:
            self._runtime.health.degraded(CLOCK, sentence)
