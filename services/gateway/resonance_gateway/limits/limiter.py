"""Rate limits per user, on a clock that the caller gives.

The generic cell rate algorithm (ITU-T I.371), which is a token bucket kept in one number: the theoretical arrival
time at which the bucket would be full again. A frame passes while that lies at most `burst` frames ahead of now.
On live connections now is the gateway's clock; on replays it is event time, so a replay is limited as the
traffic it repeats would have been, however fast it is sent.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What a user may send.

    Attributes:
        rate: Frames a second in the long run, above 0.
        burst: Frames that may come at once, at least 1.
    """

    rate: float
    burst: float

    def __post_init__(self) -> None:
        if not (self.rate > 0 and self.burst >= 1):
            raise ValueError(f"A rate above 0 and a burst of at least 1 were expected, not {self.rate}, {self.burst}.")


class RateLimiter:
    """Token buckets by key; an absent bucket is a full one.

    At most `capacity` buckets are kept. The least recently used goes first: it has had the longest time to fill,
    so forgetting it gives away the least.
    """

    def __init__(self, limits: Limits, capacity: int = 100_000) -> None:
        self.limits = limits
        self._capacity = capacity
        self._interval_us = _SECOND_US / limits.rate
        self._tolerance_us = (limits.burst - 1) * self._interval_us
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

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
            return (ahead_us - self._tolerance_us) / _SECOND_US
        buckets[key] = (full_at if ahead_us > 0 else now_us) + self._interval_us
        buckets.move_to_end(key)
        return 0.0
