"""Adjusted limits, in from their topic and out by operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance_gateway.limits.adjustments import Adjustment, TooMany
from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.records import adjustment_of, record_of
from resonance_gateway.publishing import Publishes
from resonance_gateway.tracking.clock import Clock
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Reject
from resonance_runtime.records import Record


class LimitsDesk:
    """Every gateway reads all adjustments from the start, its own too, so all come to the same.

    Args:
        gate: Where they are in force.
        sender: Takes the records of operators.
        clock: That of the gateway.
        erasures: Who was erased: limits of theirs from before are not in force again when the past is read.
    """

    def __init__(self, gate: Gate, sender: Publishes, clock: Clock, erasures: Erasures | None = None) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self._gate = gate
        self._sender = sender
        self._clock = clock

    async def handle(self, records: Sequence[Record[Any]]) -> None:
        """Takes records of `limits.adjusted`; raises Reject for one that cannot be meant."""
        now_us = self._clock.now_us()
        for record in records:
            adjustment = adjustment_of(record.value, now_us)
            if self._erasures.covers(adjustment.place.key, adjustment.adjusted_us):
                continue
            try:
                self._gate.adjust(adjustment, now_us)
            except TooMany:
                raise Reject("more clients have limits of their own than a gateway keeps") from None

    async def publish(self, adjustment: Adjustment) -> None:
        """Tells all gateways of an adjustment; raises Unavailable."""
        await self._sender.send_all([record_of(adjustment)])
