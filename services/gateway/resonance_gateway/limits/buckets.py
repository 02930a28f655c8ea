"""Token buckets of live clients, each with limits of its own, by the generic cell rate algorithm (see `limiter`).

A connection holds the buckets of its user and of its address from its opening to its end, so a frame looks nothing up,
and an adjusted limit is in force on open connections at once. Buckets that nobody holds are kept for a while: a client
that comes back finds what it left.
"""

from __future__ import annotations

from collections import OrderedDict
from math import inf
from typing import Final

from resonance_gateway.limits.limiter import LARGEST, SECOND_US, Limits

# What a blocked client is told where nothing says when the block ends.
_AN_HOUR_US: Final = 3600 * SECOND_US


class Bucket:
    """One bucket; full where it was never taken from.

    Attributes:
        key: Whose it is; "" for nobody's, which is never empty.
        limits: Those in force.
        until_us: When they end, microseconds since the epoch; 0 where they do not.
        full_at: Time at which it would be full again, microseconds; never goes back while the limits stay.
        spent: Frames taken that other replicas have not been told of.
        noted: Whether it waits to be shared, or never will be.
        holders: Connections that hold it.
        crowd: Whether its user is everybody at one address, who has the limits of an address.
    """

    __slots__ = (
        "crowd",
        "full_at",
        "holders",
        "interval_us",
        "key",
        "limits",
        "noted",
        "spent",
        "tolerance_us",
        "until_us",
    )

    def __init__(self, key: str, limits: Limits, until_us: int = 0, *, noted: bool = True) -> None:
        self.key = key
        self.limits = limits
        self.until_us = until_us
        self.interval_us = limits.interval_us
        self.tolerance_us = limits.tolerance_us
        self.full_at = 0.0
        self.spent = 0
        self.noted = noted
        self.holders = 0
        self.crowd = False

    def wait_us(self, now_us: int, tokens: int = 1) -> float:
        """Time until so many tokens may be taken, microseconds; 0 or less where they may be now."""
        if self.limits.blocked:
            return self.until_us - now_us if self.until_us > now_us else _AN_HOUR_US
        return max(0.0, self.full_at - now_us) - self.tolerance_us + (tokens - 1) * self.interval_us

    def take(self, now_us: int, tokens: int = 1) -> None:
        """Takes tokens; whether it may was asked before."""
        self.full_at = (self.full_at if self.full_at > now_us else now_us) + tokens * self.interval_us
        self.spent += tokens

    def become(self, limits: Limits, until_us: int, now_us: int) -> None:
        """Other limits are in force. As much of the bucket is missing as before; one that was blocked begins full."""
        self.until_us = until_us
        if limits == self.limits:
            return
        missing = max(0.0, self.full_at - now_us) / self.limits.fill_us
        self.full_at = 0.0 if limits.blocked or not missing else now_us + missing * limits.fill_us
        self.limits = limits
        self.interval_us = limits.interval_us
        self.tolerance_us = limits.tolerance_us
        self.spent = 0


# Of sessions that are limited elsewhere, and of clients without an address: never empty, never shared.
NOBODYS: Final = Bucket("", Limits(LARGEST, LARGEST))
NOBODYS.interval_us = 0.0
NOBODYS.tolerance_us = inf


class Buckets:
    """Buckets by key: those that are held, and the least lately released of the others up to a bound.

    Args:
        capacity: Buckets that nobody holds, at most.
    """

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._held: dict[str, Bucket] = {}
        self._left: OrderedDict[str, Bucket] = OrderedDict()
        self._forgotten: set[str] = set()

    def __len__(self) -> int:
        return len(self._held) + len(self._left)

    def forget(self, key: str) -> None:
        """Forgets a bucket; one that is held goes with its last holder."""
        self._left.pop(key, None)
        if key in self._held:
            self._forgotten.add(key)

    def get(self, key: str) -> Bucket | None:
        """The bucket of a key, where there is one."""
        return self._held.get(key) or self._left.get(key)

    def hold(self, key: str) -> Bucket | None:
        """The bucket of a key, where there is one, held once more."""
        bucket = self._held.get(key)
        if bucket is None:
            bucket = self._left.pop(key, None)
            if bucket is None:
                return None
            self._held[key] = bucket
        bucket.holders += 1
        return bucket

    def add(self, bucket: Bucket) -> None:
        """A new bucket, held once."""
        bucket.holders = 1
        self._held[bucket.key] = bucket

    def release(self, bucket: Bucket) -> None:
        """A bucket is held once less; the one that was released longest ago goes when there are too many."""
        if bucket is NOBODYS:
            return
        bucket.holders -= 1
        if bucket.holders > 0:
            return
        del self._held[bucket.key]
        if bucket.key in self._forgotten:
            self._forgotten.discard(bucket.key)
            return
        self._left[bucket.key] = bucket
        if len(self._left) > self._capacity:
            self._left.popitem(last=False)
