"""Compiles everything before the first event: half a minute once a machine, a second from then on."""

from __future__ import annotations

from typing import Final

from resonance_contracts.pb.resonance.v1 import activity_pb2
from resonance_feature_extractor.engine.layout import HOUR, SECOND
from resonance_feature_extractor.engine.partition import LIVE, PartitionEngine

_START: Final = 1_700_000_000 * SECOND


def warm() -> None:
    """Takes an engine through all it can do."""
    engine = PartitionEngine(HOUR)
    for hour in range(3):
        time_us = _START + hour * 2 * HOUR
        batch = activity_pb2.ActivityBatch(
            stream=LIVE, watermark_us=time_us, strings=["", f"u{hour}", "s", "c", "a", "t"], user=[1] * 3,
            source=[2] * 3, sequence=[1, 2, 3], time_us=[time_us, time_us + 1, time_us + SECOND],
            kind=["ACTIVITY_KIND_MESSAGE"] * 3, channel=[3] * 3, address=[4] * 3, token=[5] * 3,
        )  # fmt: skip
        engine.apply(batch.SerializeToString())
        header, changed = engine.dump()
        pieces = {shard: [piece.data, piece.data] for shard, piece in changed.items()}
        PartitionEngine.restore(header, pieces, HOUR)
