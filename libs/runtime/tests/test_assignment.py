"""One member of a group has everything."""

from __future__ import annotations

from aiokafka.cluster import ClusterMetadata
from aiokafka.structs import PartitionMetadata

from resonance_runtime.assignment import AllToOne


def test_one_member_has_all_partitions_and_the_others_none() -> None:
    cluster = ClusterMetadata()
    cluster._partitions = {
        topic: {n: PartitionMetadata(topic, n, 0, [0], [0], None) for n in range(count)}
        for topic, count in (("a", 3), ("b", 1))
    }
    members = {name: AllToOne.metadata(["a", "b"]) for name in ("two", "one", "three")}
    given = AllToOne.assign(cluster, members)
    assert given["one"].assignment == [("a", [0, 1, 2]), ("b", [0])]
    assert given["two"].assignment == given["three"].assignment == []
