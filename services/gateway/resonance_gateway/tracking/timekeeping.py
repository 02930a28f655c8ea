"""Sets the gateway's clock by the broker's before anybody is let in, where this machine's is wrong.

Live events are stamped by the gateway's clock. One that is minutes ahead of the others' moves the time of the whole
stream: what comes by the right time then is late, and is not counted.
"""

from __future__ import annotations

import logging

from resonance_contracts.pb.resonance.v1 import operations_pb2
from resonance_contracts.topics import SERVICES_REPORTED
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.tracking.clock import Clock
from resonance_runtime.records import Outgoing
from resonance_runtime.runtime import Runtime
from resonance_runtime.wall_clock import ahead_us, wrong

log = logging.getLogger(__name__)


class Timekeeping:
    """Compares once, at the start; the clock goes by the monotonic one from then on."""

    def __init__(self, runtime: Runtime[GatewaySettings], clock: Clock) -> None:
        self._runtime = runtime
        self._clock = clock

    async def start(self) -> None:
        """Returns when the clock is right, or the broker does not tell its own."""
        service, instance, now_us = self._runtime.service, self._runtime.settings.instance, self._clock.now_us()
        report = operations_pb2.ServiceReport(
            service=service,
            instance=instance,
            state=operations_pb2.SERVICE_STATE_STARTING,
            reported_us=now_us,
        )
        key = f"{service}/{instance}"
        record = Outgoing(SERVICES_REPORTED, report, f"{key}/{now_us}", now_us, key=key.encode())
        ahead = await ahead_us(self._runtime.publisher, record, self._clock.now_us)
        if ahead is not None and (sentence := wrong(ahead)) is not None:
            self._clock.set_back(ahead)
            log.error("events are stamped by the broker's clock", extra={"reason": sentence})

    async def stop(self) -> None:
        """Nothing to end."""
