"""A batch that takes long holds up nothing else of its process: its heartbeats least of all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from resonance_runtime.health import Health
from resonance_runtime.keyed import KeyedHandling
from resonance_runtime.records import Outgoing, Record
from tests.support.raw_records import TOPICS, Counting, raw

RECORDS = 100
RECORD_S = 0.01


class Laborious(Counting):
    """Keyed state that computes for long, and nothing follows from it."""

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        time.sleep(RECORD_S)
        self.applied.append(record.id)
        return []


async def test_others_get_their_turn_between_its_records() -> None:
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(RECORD_S / 2)
            turns += 1

    state = Laborious()
    handling = KeyedHandling("g", TOPICS, state, None, Health(30))  # type: ignore[arg-type]  # nothing is sent
    beating = asyncio.create_task(beat())
    await handling.run([raw(number) for number in range(RECORDS)])
    beating.cancel()
    assert state.applied == [f"al_{number}" for number in range(RECORDS)]
    # One every other time: what a timer wakes goes on in the turn after.
    assert turns >= RECORDS / 10
