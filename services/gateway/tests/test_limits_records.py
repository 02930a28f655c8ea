"""Adjusted limits as they travel: what is meant is understood, what cannot be meant is refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_contracts.pb.resonance.v1 import operations_pb2
from resonance_gateway.limits.adjustments import Adjustment, Adjustments, Place, Scope, Source, TooMany
from resonance_gateway.limits.limiter import Limits
from resonance_gateway.limits.records import LONGEST_S, adjustment_of, record_of
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_runtime.errors import Reject

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
ALICE = Pseudonyms("key").user("alice")
HOME = Pseudonyms("key").address("192.0.2.1")


def message(**fields):
    said = {
        "user_key": ALICE,
        "source": operations_pb2.LIMIT_SOURCE_MODEL,
        "rate": 2.0,
        "burst": 20.0,
        "adjusted_us": NOW,
        "expires_us": NOW + 60 * SECOND,
        "reason": "too fast",
    }
    return operations_pb2.LimitAdjusted(**{**said, **fields})


@given(
    st.sampled_from([(Scope.USER, ALICE), (Scope.ADDRESS, HOME)]),
    st.sampled_from(Source),
    st.none() | st.builds(Limits, st.floats(0.001, 1e6), st.floats(1, 1e6)) | st.just(Limits(0, 1)),
    st.integers(1, LONGEST_S),
)
def test_what_is_written_is_what_is_read(client, source, limits, lasts_s):
    expires_us = 0 if limits is None else NOW + lasts_s * SECOND
    adjustment = Adjustment(Place(*client, source), limits, "why", NOW, expires_us)
    record = record_of(adjustment)

    read = operations_pb2.LimitAdjusted.FromString(record.encoded())

    assert adjustment_of(read, NOW) == adjustment
    assert record.key == f"{client[0]}/{client[1]}/{source.name.lower()}".encode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"user_key": ""}, "names no client"),
        ({"user_key": "alice"}, "names no client"),
        ({"user_key": "", "address_key": "192.0.2.1"}, "names no client"),
        ({"address_key": HOME}, "expected one of them"),
        ({"source": 0}, "source is 0"),
        ({"source": 17}, "source is 17"),
        ({"rate": -1.0}, "rate is -1"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"rate": float("inf")}, "rate is inf"),
        ({"rate": 1e7}, "rate is 10000000"),
        ({"burst": 0.0}, "burst is 0"),
        ({"burst": float("nan")}, "burst is nan"),
        ({"burst": 1e9}, "burst is 1000000000"),
        ({"expires_us": 0}, "does not expire"),
        ({"expires_us": NOW}, "expires 0 s after"),
        ({"expires_us": NOW + (LONGEST_S + 1) * SECOND}, "at most"),
        ({"adjusted_us": 0}, "adjusted_us is 0"),
        ({"adjusted_us": NOW * 1000}, "not to come"),
        ({"reason": "x" * 501}, "501 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(wrong, said):
    with pytest.raises(Reject, match=said):
        adjustment_of(message(**wrong), NOW)


def test_only_limits_of_operators_may_have_no_end():
    assert adjustment_of(message(source=operations_pb2.LIMIT_SOURCE_OPERATOR, expires_us=0), NOW).expires_us == 0


def test_a_rate_of_0_needs_no_burst():
    assert adjustment_of(message(rate=0.0, burst=0.0), NOW).limits == Limits(0, 1)


def test_there_is_room_for_so_many_and_for_operators():
    def of(number, source):
        return Adjustment(Place(Scope.USER, f"u_{number}", source), Limits(1, 1), "", NOW, NOW + SECOND)

    kept = Adjustments(most=2)
    kept.take(of(1, Source.MODEL), NOW)
    kept.take(of(2, Source.ACTION), NOW)
    with pytest.raises(TooMany):
        kept.take(of(3, Source.MODEL), NOW)
    kept.take(of(2, Source.MODEL), NOW)
    kept.take(of(4, Source.OPERATOR), NOW)
    assert len(kept) == 3

    kept.expire(NOW + SECOND)
    assert len(kept) == 0
    kept.take(of(5, Source.MODEL), NOW)


def test_renewing_a_limit_again_and_again_keeps_memory_bounded():
    kept, place = Adjustments(), Place(Scope.USER, ALICE, Source.MODEL)
    for i in range(10_000):
        kept.take(Adjustment(place, Limits(1, 1), "", NOW, NOW + i * SECOND + SECOND), NOW)

    assert len(kept._ends) < 1000
