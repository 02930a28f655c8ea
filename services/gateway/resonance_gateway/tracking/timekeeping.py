"""Sets the gateway's clock by the broker's: before anybody is let in, and where it is wrong later.

Live events are stamped by the gateway's clock. One that is minutes ahead of the others' moves the time of the whole
stream: what comes by the right time then is late, and is not counted. One that is behind, as after a machine was
suspended, makes everything late that is told of the stream.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from resonance_contracts.pb.resonance.v1 import operations_pb2
from resonance_contracts.topics import SERVICES_REPORTED
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.tracking.clock import Clock
from resonance_runtime.records import Outgoing
from resonance_runtime.runtime import Runtime
from resonance_runtime.wall_clock import SHARED, ahead_us, wrong

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5


class Timekeeping:
    """Compares at the start, and then with what the service's own reports learn of the broker's clock."""

    def __init__(self, runtime: Runtime[GatewaySettings], clock: Clock) -> None:
        self._runtime = runtime
        self._clock = clock
        self._looking: asyncio.Task[None] | None = None

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
        if ahead is None:
            return
        SHARED.learn(ahead)
        if (sentence := wrong(ahead)) is not None:
            self._clock.set_back(ahead)
            log.error("events are stamped by the broker's clock", extra={"reason": sentence})
        self._looking = self._runtime.spawn("clock", self._look())

    async def stop(self) -> None:
        """Looks no more."""
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        told = False
        while True:
            ahead = self._clock.now_us() - SHARED.now_us()
            sentence = wrong(ahead)
            if sentence is not None:
                self._clock.put_right(ahead)
                if not told:
                    log.error("the clock of events is put right", extra={"reason": sentence})
            told = sentence is not None
            await asyncio.sleep(LOOK_S)
