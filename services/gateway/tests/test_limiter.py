"""The rate limiter against its definition: a bucket that holds `burst` and gains `rate` a second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_gateway.limits.limiter import Limits, RateLimiter

SECOND = 1_000_000


class Bucket:
    """A token bucket written down as it is defined."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.tokens = limits.burst
        self.at_us = 0

    def take(self, now_us: int) -> bool:
        self.tokens = min(self.limits.burst, self.tokens + (now_us - self.at_us) / SECOND * self.limits.rate)
        self.at_us = now_us
        if self.tokens < 1 - 1e-6:
            return False
        self.tokens -= 1
        return True


@given(
    st.sampled_from([Limits(10, 100), Limits(1, 1), Limits(4, 7)]),
    st.lists(st.integers(0, 3_000).map(lambda ms: ms * 1000), max_size=300),
)
def test_it_decides_as_a_token_bucket_does(limits, gaps):
    limiter, bucket, now = RateLimiter(limits), Bucket(limits), 1_700_000_000 * SECOND
    bucket.at_us = now
    for gap in gaps:
        now += gap
        assert (limiter.take("u", now) == 0) is bucket.take(now)


def test_after_the_time_it_names_a_frame_passes_and_not_before():
    limiter, now = RateLimiter(Limits(2, 3)), 5 * SECOND
    while (wait := limiter.take("u", now)) == 0:
        pass

    assert limiter.take("u", now + int(wait * SECOND) - 1000) > 0
    assert limiter.take("u", now + int(wait * SECOND) + 1) == 0


def test_a_burst_passes_and_the_next_frame_does_not():
    limiter = RateLimiter(Limits(10, 100))

    verdicts = [limiter.take("u", SECOND) for _ in range(101)]

    assert verdicts[:100] == [0.0] * 100
    assert verdicts[100] == pytest.approx(0.1)


def test_users_do_not_share_buckets():
    limiter = RateLimiter(Limits(1, 1))

    assert [limiter.take(key, SECOND) for key in ("a", "b")] == [0.0, 0.0]


def test_time_that_goes_back_fills_nothing():
    limiter = RateLimiter(Limits(1, 1))

    assert limiter.take("u", 10 * SECOND) == 0
    assert limiter.take("u", 5 * SECOND) == pytest.approx(6)


def test_memory_is_bounded_and_the_least_recently_used_goes_first():
    limiter = RateLimiter(Limits(1, 1), capacity=2)
    limiter.take("a", 0)
    limiter.take("b", 0)
    limiter.take("a", 2 * SECOND)
    limiter.take("c", 2 * SECOND)

    assert len(limiter) == 2
    assert limiter.take("a", 2 * SECOND) > 0


@pytest.mark.parametrize(("rate", "burst"), [(-1, 5), (1, 0), (0, 0.5), (float("nan"), 1), (1, float("nan"))])
def test_limits_that_make_no_sense_are_refused(rate, burst):
    with pytest.raises(ValueError, match="expected"):
        Limits(rate, burst)


def test_the_limiter_of_replays_blocks_nobody_for_good():
    with pytest.raises(ValueError, match="above 0"):
        RateLimiter(Limits(0, 1))
