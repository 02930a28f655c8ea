"""Rate limits, and the limiter of replays, on a clock that the caller gives.

The generic cell rate algorithm (ITU-T I.371), which is a token bucket kept in one number: the theoretical arrival
time at which the bucket would be full again. A frame passes while that lies at most `burst` frames ahead of now.
On replays now is event time, so a replay is limited as the traffic it repeats would have been, however fast it is
sent. Live clients have the buckets of `gate`, which replicas share.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from math import inf
from typing import Final

SECOND_US: Final = 1_000_000
# Rates and bursts above it are slips of the pen.
LARGEST: Final = 1e6


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may send.

    Attributes:
        rate: Frames a second in the long run, 0 or more; 0 blocks.
        burst: Frames that may come at once, at least 1.
        interval_us: Time in which a token comes, microseconds; endless where the rate is 0.
        tolerance_us: How far the time of a full bucket may lie ahead for a frame to pass, microseconds.
        fill_us: Time in which an empty bucket fills, microseconds.
        name: Rate and burst in keys.
    """

    rate: float
    burst: float
    interval_us: float = field(init=False, repr=False, compare=False)
    tolerance_us: float = field(init=False, repr=False, compare=False)
    fill_us: float = field(init=False, repr=False, compare=False)
    name: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (self.rate >= 0 and self.burst >= 1):
            raise ValueError(
                f"A rate of 0 or more and a burst of at least 1 were expected, not {self.rate}, {self.burst}."
            )
        interval_us = SECOND_US / self.rate if self.rate else inf
        object.__setattr__(self, "interval_us", interval_us)
        object.__setattr__(self, "tolerance_us", (self.burst - 1) * interval_us if self.rate else -inf)
        object.__setattr__(self, "fill_us", self.burst * interval_us)
        object.__setattr__(self, "name", f"{float(self.rate)!r}:{float(self.burst)!r}")

    @property
    def blocked(self) -> bool:
        """Whether nothing may pass."""
        return self.rate == 0


class RateLimiter:
    """Token buckets by key; an absent bucket is a full one.

    At most `capacity` buckets are kept. The least recently used goes first: it has had the longest time to fill,
    so forgetting it gives away the least.

    Args:
        limits: Of every bucket; its rate is above 0.
        capacity: Buckets at most.
    """

    def __init__(self, limits: Limits, capacity: int = 100_000) -> None:
        if limits.blocked:
            raise ValueError("A rate above 0 was expected, not 0.")
        self.limits = limits
        self._capacity = capacity
        self._interval_us = limits.interval_us
        self._tolerance_us = limits.tolerance_us
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def forget(self, key: str) -> None:
        """Forget a bucket, and those of the same user on replays."""
        for known in [known for known in self._full_at if known == key or known.endswith(f"/{key}")]:
            del self._full_at[known]

    def take(self, key: str, now_us: int) -> float:
        """Take one frame's token.

        Args:
            key: Whose bucket.
            now_us: Now on the key's clock, in microseconds. Time that goes back fills nothing.

        Returns:
            0.0 where the frame may pass; otherwise the seconds until one would, and nothing was taken.
        """
        buckets = self._full_at
        full_at = buckets.get(key)
        if full_at is None:
            buckets[key] = now_us + self._interval_us
            if len(buckets) > self._capacity:
                buckets.popitem(last=False)
            return 0.0
        ahead_us = full_at - now_us
        if ahead_us > self._tolerance_us:
            return (ahead_us - self._tolerance_us) / SECOND_US
        buckets[key] = (full_at if ahead_us > 0 else now_us) + self._interval_us
        buckets.move_to_end(key)
        return 0.0
