"""Anomalies through the stream's handler, as the service has it, without a broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from typing import Final

from resonance_attribution.loaded import Loaded
from resonance_contracts.pb.resonance.v1.detection_pb2 import SEVERITY_LOW, Anomaly
from resonance_contracts.topics import ANOMALIES_DETECTED
from resonance_runtime.records import Outgoing, Record
from resonance_xai.explainer import Explainer
from resonance_xai.line import FULL, Patience
from resonance_xai.stream import Stream
from tests.bench.explaining.scene import Found

FLOOD: Final = Patience(full=1, waited_s=-inf)
"""Every batch is part of one."""

CALM: Final = Patience(waited_s=inf)


@dataclass(frozen=True, slots=True)
class Held:
    """Models that are loaded already, by version."""

    models: Mapping[str, Loaded]

    async def get(self, name: str, version: str) -> Loaded:
        """The version."""
        return self.models[version]


def streamed(found: Sequence[Found], *, flood: bool) -> float:
    """Anomalies explained a second, in batches of the service's size, none of them twice; in a flood all are of low
    severity."""
    values = [one.anomaly.SerializeToString() for one in found]
    models = Held({one.model.version: one.model for one in found})
    with ThreadPoolExecutor(1) as thread:
        explainer = Explainer(models, thread, cache_size=0)
        sent: list[bytes] = []

        async def send_all(outgoing: Sequence[Outgoing]) -> None:
            sent.extend(one.value.SerializeToString() for one in outgoing)

        stream = Stream(explainer, send_all, patience=FLOOD if flood else CALM)

        async def handled() -> float:
            began = time.perf_counter()
            for start in range(0, len(values), FULL):
                await stream.handle([_record(value, flood) for value in values[start : start + FULL]])
            return time.perf_counter() - began

        seconds = asyncio.run(handled())
    assert len(sent) == len(found)
    return len(sent) / seconds


def _record(value: bytes, flood: bool) -> Record[Anomaly]:
    anomaly = Anomaly.FromString(value)
    if flood:
        anomaly.severity = SEVERITY_LOW
    return Record(ANOMALIES_DETECTED, 0, 0, anomaly.vector_id, anomaly.end_us, None, anomaly, {})
