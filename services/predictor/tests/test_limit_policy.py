"""Limits that follow from incidents: bounds, steadiness and end, for whatever comes."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_predictor.limits.holding import Held, hold
from resonance_predictor.limits.policy import LEAST_RATE, LEAST_RISK, MOST_ROOM, Allowance, allowance, floor_of
from resonance_predictor.limits.share import MOST_SHARE, most_limited
from resonance_predictor.limits.terms import LASTS_US
from resonance_predictor.severity import Severity

EVERYBODY = Allowance(10.0, 100.0)
SECOND = 1_000_000
STEADY_US = LASTS_US // 2

risks = st.floats(0, 1)
paces = st.one_of(st.none(), st.floats(0, 1e4))
loads = st.floats(0, 100)
everybody = st.builds(Allowance, st.floats(0.001, 1e6), st.floats(1, 1e6))


@given(paces, risks, everybody, loads)
def test_no_limit_is_below_the_floor_or_not_below_everybodys(ordinary, risk, everybody, load):
    limit = allowance(ordinary, risk, everybody, load)
    if limit is not None:
        assert max(LEAST_RATE, ordinary or 0.0) <= floor_of(ordinary, everybody) <= limit.rate < everybody.rate
        assert 1 <= limit.burst <= everybody.burst
    elif risk >= LEAST_RISK:
        assert floor_of(ordinary, everybody) * MOST_ROOM * 1.01 >= everybody.rate, "it would bind, and yet is none"


@given(paces, risks, risks, loads, loads)
def test_more_risk_and_more_load_never_give_more(ordinary, risk, other_risk, load, other_load):
    rates = [
        limit.rate if (limit := allowance(ordinary, r, EVERYBODY, at)) else EVERYBODY.rate
        for r, at in ((min(risk, other_risk), min(load, other_load)), (max(risk, other_risk), max(load, other_load)))
    ]
    assert rates[1] <= rates[0]


@given(st.floats(0, LEAST_RISK, exclude_max=True), loads)
def test_who_is_not_at_risk_is_not_limited_whatever_the_load(risk, load):
    assert allowance(0.1, risk, EVERYBODY, load) is None


@pytest.mark.parametrize(("risk", "times"), [(0.5, 4.0), (0.75, 2.0), (1.0, 1.0)])
def test_the_room_is_that_which_is_stated(risk, times):
    limit = allowance(1.0, risk, EVERYBODY)
    assert limit is not None and limit.rate == pytest.approx(times)


def test_who_sends_more_than_everybody_may_is_not_given_that_right():
    assert allowance(50.0, 1.0, EVERYBODY) is None


severities = st.sampled_from([Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL])
steps = st.tuples(st.integers(-STEADY_US, STEADY_US), severities, st.floats(0.5, 9.0))


@given(st.lists(steps, max_size=60))
def test_a_limit_changes_once_in_its_time_unless_the_reason_gets_graver(steps):
    held: Held | None = None
    said: list[Held] = []
    at_us = 10**15
    for after_us, severity, rate in steps:
        at_us += after_us
        new = hold(held, Allowance(rate, 20.0), severity, at_us, LASTS_US)
        if new is not None:
            assert new.expires_us - new.adjusted_us == LASTS_US
            said.append(new)
            held = new
    for before, after in pairwise(said):
        over = after.adjusted_us >= before.expires_us
        graver = after.severity > before.severity and after.allowance.rate < before.allowance.rate
        steady = after.adjusted_us - before.adjusted_us >= STEADY_US
        assert over or graver or steady
        assert over or after.adjusted_us > before.adjusted_us, "of two records of one client, the later one counts"


def test_while_the_reason_lasts_it_is_renewed_in_time():
    held = hold(None, Allowance(1.0, 60.0), Severity.HIGH, 0, LASTS_US)
    for at_us in range(0, 3600 * SECOND, 7 * SECOND):
        assert held is not None and held.expires_us > at_us
        held = hold(held, Allowance(1.0, 60.0), Severity.HIGH, at_us, LASTS_US) or held


@given(st.integers(0, 100_000))
def test_most_users_have_no_limit(users):
    most = most_limited(users)
    assert most < users or users == 0
    assert most <= max(1, MOST_SHARE * users)


def test_what_is_held_is_kept_as_it_is():
    held = Held(Allowance(1.5, 90.0), Severity.HIGH, 5, 6)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(held), type=Held) == held
