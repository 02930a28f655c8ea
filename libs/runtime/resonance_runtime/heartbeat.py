"""Tells everyone who reads `services.reported` how this instance is."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import operations_pb2
from resonance_contracts.topics import SERVICES_REPORTED
from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Health
from resonance_runtime.records import Outgoing
from resonance_runtime.runtime import Runtime

log = logging.getLogger(__name__)

INTERVAL_S: Final = 1.0
REPORTS_WITHOUT_CHANGE: Final = 5


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
    """A report whenever something changed, and every few seconds otherwise."""

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
        if content == self._last and self._silent < REPORTS_WITHOUT_CHANGE:
            return
        now_us = time.time_ns() // 1000
        report.reported_us = now_us
        key = f"{service}/{instance}"
        try:
            await self._runtime.publisher.send(
                Outgoing(SERVICES_REPORTED, report, f"{key}/{now_us}", now_us, key=key.encode())
            )
            self._last, self._silent = content, 0
        except Unavailable as fault:
            log.warning("report was not sent", extra={"reason": str(fault)})
