"""Users are hashed to a fixed number of shards, shards to partitions.

The number of shards never changes, so partitions can be added without losing state: a shard moves whole.
We choose the partition ourselves, because Kafka clients hash keys differently.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

SHARDS: Final = 256


def shard_of(user_key: str) -> int:
    """Shard of a user, 0 to SHARDS - 1."""
    return int.from_bytes(blake2b(user_key.encode(), digest_size=2).digest(), "big") % SHARDS


def partition_of_shard(shard: int, partitions: int) -> int:
    """Partition that a shard lives in, 0 to partitions - 1."""
    return shard % partitions


def partition_of(user_key: str, partitions: int) -> int:
    """Partition that all records of a user go to."""
    return partition_of_shard(shard_of(user_key), partitions)
