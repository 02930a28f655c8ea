"""A batch that takes long holds up nothing else of its process: its heartbeats least of all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED
from resonance_runtime.health import Health
from resonance_runtime.keyed import Dump, KeyedHandling
from resonance_runtime.records import Outgoing, RawRecord, Record, headers_of

RECORDS = 100
RECORD_S = 0.01


@dataclass
class Raw:
    """A record as the client gives it."""

    offset: int
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    topic: str = ALERTS_RAISED.name
    partition: int = 0
    key: bytes | None = None


class Laborious:
    """Keyed state that computes for long, and nothing follows from it."""

    def __init__(self) -> None:
        self.applied: list[str] = []

    async def open(self, partition: int, snapshot: Any) -> int:
        return 0

    def close(self, partition: int) -> None:
        return None

    def dump(self, partition: int, whole: Collection[int]) -> Dump:
        return Dump(b"", {})

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        time.sleep(RECORD_S)
        self.applied.append(record.id)
        return []


def raw(offset: int) -> RawRecord:
    alert = detection_pb2.Alert(alert_id=f"al_{offset}")
    headers = headers_of(Outgoing(ALERTS_RAISED, alert, alert.alert_id, 1), "/here")
    return Raw(offset, alert.SerializeToString(), headers)


async def test_others_get_their_turn_between_its_records() -> None:
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(RECORD_S / 2)
            turns += 1

    state = Laborious()
    handling = KeyedHandling("g", {ALERTS_RAISED.name: ALERTS_RAISED}, state, None, Health(30))  # type: ignore[arg-type]  # nothing is sent
    beating = asyncio.create_task(beat())
    await handling.run([raw(number) for number in range(RECORDS)])
    beating.cancel()
    assert state.applied == [f"al_{number}" for number in range(RECORDS)]
    # One every other time: what a timer wakes goes on in the turn after.
    assert turns >= RECORDS / 10
