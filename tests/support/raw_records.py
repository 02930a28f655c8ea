"""Records as the Kafka client gives them, and keyed state that counts them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED
from resonance_runtime.errors import Reject
from resonance_runtime.keyed import Dump
from resonance_runtime.records import Outgoing, RawRecord, Record, headers_of

TOPICS = {ALERTS_RAISED.name: ALERTS_RAISED}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Raw:
    """A record as the client gives it."""

    offset: int
    value: bytes
    headers: Sequence[tuple[str, bytes]]
    topic: str = ALERTS_RAISED.name
    partition: int = 0
    key: bytes | None = None


def raw(offset: int, value: bytes | None = None) -> RawRecord:
    alert = detection_pb2.Alert(alert_id=f"al_{offset}")
    headers = headers_of(Outgoing(ALERTS_RAISED, alert, alert.alert_id, 1, traceparent=TRACE), "/here")
    return Raw(offset, alert.SerializeToString() if value is None else value, headers)


class Counting:
    """Keyed state that counts how often it was applied."""

    def __init__(self) -> None:
        self.applied: list[str] = []

    async def open(self, partition: int, snapshot: Any) -> int:
        return 0

    def close(self, partition: int) -> None:
        return None

    def dump(self, partition: int, whole: Collection[int]) -> Dump:
        return Dump(b"", {})

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        if record.id == "al_2":
            raise Reject("it is number two")
        self.applied.append(record.id)
        return [Outgoing(ALERTS_RAISED, record.value, f"out/{record.id}", 1)]
