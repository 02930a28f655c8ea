"""Users and addresses are limited together: by their definition, in bounded memory, and as adjusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_gateway.limits.addresses import limited_part
from resonance_gateway.limits.adjustments import Adjustment, Place, Scope, Source
from resonance_gateway.limits.buckets import NOBODYS
from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.limiter import Limits
from resonance_gateway.people.pseudonyms import AddressKeys, Pseudonyms
from resonance_runtime import metrics

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
PSEUDONYMS = Pseudonyms("a key for tests")
ALICE = PSEUDONYMS.user("alice")
HOME = "192.0.2.1"
PLENTY = Limits(1e6, 1e6)


def gate(users=PLENTY, addresses=PLENTY, **options):
    return Gate(users, addresses, AddressKeys(PSEUDONYMS), **options)


def limited(scope, reason):
    return metrics.GATEWAY_LIMITED.labels(scope=scope, reason=reason)._value.get()


def adjusted(key, source, rate, burst=1.0, expires_us=0, at_us=NOW, scope=Scope.USER):
    limits = None if rate is None else Limits(rate, burst)
    return Adjustment(Place(scope, key, source), limits, "because", at_us, expires_us)


class Reference:
    """A token bucket written down as it is defined."""

    def __init__(self, limits):
        self.limits, self.tokens, self.at_us = limits, limits.burst, NOW

    def holds_one(self, now_us):
        self.tokens = min(self.limits.burst, self.tokens + (now_us - self.at_us) / SECOND * self.limits.rate)
        self.at_us = now_us
        return self.tokens >= 1 - 1e-6


LIMITS = st.sampled_from([Limits(10, 20), Limits(1, 1), Limits(4, 7), Limits(100, 3)])


@given(LIMITS, LIMITS, st.lists(st.tuples(st.integers(0, 800), st.booleans()), max_size=300))
def test_it_takes_from_both_or_from_none_as_two_token_buckets_do(of_users, of_addresses, frames):
    ours, now = gate(of_users, of_addresses), NOW
    users = [ours.user(PSEUDONYMS.user(name), now) for name in "ab"]
    address = ours.address(HOME, now)
    references, shared = [Reference(of_users), Reference(of_users)], Reference(of_addresses)
    for gap_ms, which in frames:
        now += gap_ms * 1000
        passes = all([references[which].holds_one(now), shared.holds_one(now)])
        if passes:
            references[which].tokens -= 1
            shared.tokens -= 1
        assert (ours.take(users[which], address, now) == 0) is passes


def test_the_wait_is_the_longer_one_and_after_it_a_frame_passes():
    ours = gate(Limits(2, 1), Limits(1, 1))
    user, address = ours.user(ALICE, NOW), ours.address(HOME, NOW)
    ours.take(user, address, NOW)

    assert ours.take(user, address, NOW) == pytest.approx(1.0)
    assert ours.take(user, address, NOW + SECOND - 1000) > 0
    assert ours.take(user, address, NOW + SECOND) == 0


@pytest.mark.parametrize(("users", "addresses", "scope"), [(1, 9, "user"), (9, 1, "address"), (1, 1, "user")])
def test_which_one_limited_is_said_and_counted(users, addresses, scope):
    ours = gate(Limits(1, users), Limits(1, addresses))
    user, address = ours.user(ALICE, NOW), ours.address(HOME, NOW)
    ours.take(user, address, NOW)
    before = limited(scope, "rate")

    assert ours.take(user, address, NOW) > 0
    said = ours.refused(user, address, NOW)

    assert ("address" in said) is (scope == "address")
    assert limited(scope, "rate") == before + 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_addresses_of_one_network_of_ipv6_share_a_limit(one, other, same):
    assert (limited_part(one) == limited_part(other)) is same


def test_without_an_address_only_the_user_is_limited():
    ours = gate(Limits(1, 1), Limits(1, 1))

    assert ours.address("", NOW) is NOBODYS
    for name in range(5):
        assert ours.take(ours.user(PSEUDONYMS.user(str(name)), NOW), NOBODYS, NOW) == 0


def test_what_was_spent_is_remembered_between_connections_in_bounded_memory():
    ours = gate(Limits(1, 1), capacity=2)
    held = ours.user("u_held", NOW)
    ours.take(held, NOBODYS, NOW)
    for name in ("u_1", "u_2", "u_3"):
        bucket = ours.user(name, NOW)
        ours.take(bucket, NOBODYS, NOW)
        ours.release(bucket)

    assert len(ours) == 3
    assert ours.user("u_held", NOW) is held
    assert ours.take(ours.user("u_3", NOW), NOBODYS, NOW) > 0
    assert ours.take(ours.user("u_1", NOW), NOBODYS, NOW) == 0


class TestAdjusted:
    def test_an_open_connection_has_the_new_limit_at_once_and_the_old_one_when_it_ends(self):
        ours = gate(Limits(10, 10))
        user = ours.user(ALICE, NOW)

        ours.adjust(adjusted(ALICE, Source.MODEL, 1, 1, NOW + 60 * SECOND), NOW)
        assert [ours.take(user, NOBODYS, NOW) for _ in range(2)] == [0, pytest.approx(1)]

        ours.expire(NOW + 59 * SECOND)
        assert user.limits == Limits(1, 1)
        ours.expire(NOW + 60 * SECOND)
        assert user.limits == Limits(10, 10)

    def test_who_comes_later_has_it_too(self):
        ours = gate()
        ours.adjust(adjusted(ALICE, Source.OPERATOR, 3, 4), NOW)

        assert ours.user(ALICE, NOW).limits == Limits(3, 4)

    def test_a_rate_of_0_blocks_until_it_ends(self):
        ours = gate()
        user, before = ours.user(ALICE, NOW), limited("user", "blocked")
        ours.adjust(adjusted(ALICE, Source.ACTION, 0, expires_us=NOW + 30 * SECOND), NOW)

        assert ours.take(user, NOBODYS, NOW + SECOND) == pytest.approx(29)
        assert "blocked" in ours.refused(user, NOBODYS, NOW)
        assert limited("user", "blocked") == before + 1
        ours.expire(NOW + 30 * SECOND)
        assert ours.take(user, NOBODYS, NOW + 30 * SECOND) == 0

    def test_a_block_without_end_tells_to_come_back_in_an_hour(self):
        ours = gate()
        ours.adjust(adjusted(ALICE, Source.OPERATOR, 0), NOW)

        assert ours.take(ours.user(ALICE, NOW), NOBODYS, NOW) == 3600

    @pytest.mark.parametrize(("rate", "burst", "passes"), [(1, 10, 5), (100, 10, 5), (10, 100, 50), (10, 2, 1)])
    def test_as_much_of_the_bucket_is_left_as_before(self, rate, burst, passes):
        ours = gate(Limits(10, 10))
        user = ours.user(ALICE, NOW)
        for _ in range(5):
            ours.take(user, NOBODYS, NOW)

        ours.adjust(adjusted(ALICE, Source.MODEL, rate, burst, NOW + 60 * SECOND), NOW)

        assert [ours.take(user, NOBODYS, NOW) == 0 for _ in range(passes + 1)] == [True] * passes + [False]

    def test_an_address_has_limits_of_its_own_too(self):
        ours = gate()
        address = ours.address("2001:db8::1", NOW)
        ours.adjust(adjusted(ours.address_key("2001:db8::2"), Source.OPERATOR, 1, 1, scope=Scope.ADDRESS), NOW)

        assert address.limits == Limits(1, 1)
        assert ours.in_force(address.key, NOW + SECOND)[1].reason == "because"


@given(st.lists(st.tuples(st.sampled_from(Source), st.sampled_from([None, 1, 2]), st.integers(0, 5)), max_size=12))
def test_the_highest_source_that_has_not_ended_is_in_force(steps):
    ours, now, newest = gate(), NOW, {}
    user = ours.user(ALICE, now)
    for source, rate, lasts_s in steps:
        expires_us = now + lasts_s * SECOND if lasts_s else 0
        ours.adjust(adjusted(ALICE, source, rate, 1, expires_us, now), now)
        newest[source] = (rate, expires_us)
        now += SECOND
        ours.expire(now)
        alive = {s: r for s, (r, ends) in newest.items() if r and (not ends or ends > now)}
        assert user.limits.rate == (alive[max(alive)] if alive else PLENTY.rate)
        assert [a.place.source for a in ours.adjustments.of(ALICE, now)] == sorted(alive, reverse=True)
