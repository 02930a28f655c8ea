"""What is kept of the partitions' detectors: what lies in the store after a run, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from resonance_contracts.shards import SHARDS
from resonance_contracts.topics import FEATURES_COMPUTED, Service
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.scorer import ModelVersion, Scorer
from resonance_predictor.state import load_header
from resonance_runtime.objects import ObjectStore
from resonance_runtime.places import Place
from resonance_runtime.snapshots import SnapshotLog

Load = Callable[[ModelVersion], Awaitable[Scorer]]


@dataclass(frozen=True, slots=True)
class Kept:
    """All state of one partition.

    Attributes:
        header: What it knows beside its users, by name.
        shards: Users of each shard that has some: equal states give equal bytes.
        users: How many there are.
        incidents: How many of their incidents are open.
    """

    header: Mapping[str, Any]
    shards: Mapping[int, bytes]
    users: int
    incidents: int

    @classmethod
    def of(cls, detector: PartitionDetector) -> Kept:
        """What would be kept of a detector; what it had to keep is not dirty any more."""
        header: dict[str, Any] = msgspec.msgpack.decode(detector.header())
        pieces = detector.dirty_shards(range(SHARDS))
        shards = {shard: piece.data for shard, piece in pieces.items() if piece.data}
        return cls(header, shards, detector.users(), detector.open_incidents())


async def kept_in(objects: ObjectStore, partitions: int, load: Load) -> dict[int, Kept]:
    """What is kept of each partition; those of which nothing is are missing."""
    place = Place(Service.PREDICTOR, FEATURES_COMPUTED.name, partitions)
    found = {}
    for partition in range(partitions):
        snapshot = await SnapshotLog(objects, place.of(partition)).restore()
        if snapshot is not None:
            header = load_header(snapshot.header)
            scorer = None if header.model is None else await load(header.model)
            found[partition] = Kept.of(PartitionDetector.restore(header, snapshot.shards, scorer))
    return found


def differences(got: Kept, want: Kept) -> list[str]:
    """What differs between two states, in words."""
    names = sorted(got.header.keys() | want.header.keys())
    faults = [
        f"{name} is {got.header.get(name)}, undisturbed {want.header.get(name)}"
        for name in names
        if got.header.get(name) != want.header.get(name)
    ]
    for shard in sorted(got.shards.keys() | want.shards.keys()):
        one, other = got.shards.get(shard), want.shards.get(shard)
        if one != other:
            faults.append(f"shard {shard}: {_columns(one, other)}")
    return faults


def _columns(got: bytes | None, want: bytes | None) -> str:
    if got is None or want is None:
        return "it has no users" if got is None else "it should have no users"
    one, other = msgspec.msgpack.decode(got), msgspec.msgpack.decode(want)
    return f"other {', '.join(name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name))}"
