"""The breaker, with a clock that is given: opens, probes once, closes, and hears nothing of the past."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resonance_llm_orchestrator.routing.breaker import Breaker, BreakerPolicy, BreakerState, Permit

POLICY = BreakerPolicy(failures=3, open_s=5.0, longest_s=40.0)


def permit(breaker: Breaker, now: float) -> Permit:
    found = breaker.ask(now)
    assert found is not None
    return found


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker(POLICY)
    for _ in range(3):
        breaker.failed(permit(breaker, now), now)
    return breaker


def test_failures_in_a_row_open_it() -> None:
    breaker = opened()
    assert breaker.state(0.0) is BreakerState.OPEN
    assert breaker.ask(4.9) is None
    assert breaker.open_for(1.0) == 4.0


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker(POLICY)
    for _ in range(10):
        breaker.failed(permit(breaker, 0.0), 0.0)
        breaker.failed(permit(breaker, 0.0), 0.0)
        breaker.succeeded(permit(breaker, 0.0))
    assert breaker.state(0.0) is BreakerState.CLOSED


def test_only_one_probe_goes_through() -> None:
    breaker = opened()
    probe = permit(breaker, 5.0)
    assert probe.probe
    assert breaker.ask(5.0) is None
    breaker.succeeded(probe)
    assert breaker.state(5.0) is BreakerState.CLOSED
    assert not permit(breaker, 5.0).probe


def test_a_probe_that_fails_opens_it_for_longer_up_to_a_limit() -> None:
    breaker, now, times = opened(), 0.0, []
    for _ in range(6):
        now += breaker.open_for(now)
        breaker.failed(permit(breaker, now), now)
        times.append(breaker.open_for(now))
    assert times == [10.0, 20.0, 40.0, 40.0, 40.0, 40.0]


def test_a_probe_that_says_nothing_lets_the_next_one_probe() -> None:
    breaker = opened()
    first = permit(breaker, 5.0)
    breaker.released(first)
    second = permit(breaker, 5.0)
    breaker.released(first)
    assert breaker.ask(5.0) is None, "the second probe is still under way"
    breaker.succeeded(second)
    assert breaker.state(5.0) is BreakerState.CLOSED


def test_what_began_before_it_opened_neither_closes_it_nor_keeps_it_open() -> None:
    breaker = Breaker(POLICY)
    early = permit(breaker, 0.0)
    late = permit(breaker, 0.0)
    for _ in range(3):
        breaker.failed(permit(breaker, 0.0), 0.0)
    breaker.succeeded(early)
    breaker.failed(late, 4.0)
    assert breaker.open_for(4.0) == 1.0


def test_it_stays_open_as_long_as_the_provider_said() -> None:
    breaker = Breaker(POLICY)
    breaker.hold(3600.0)
    breaker.hold(10.0)
    assert breaker.ask(3599.0) is None
    assert permit(breaker, 3600.0).probe


Action = tuple[str, float]
ACTIONS = st.lists(st.tuples(st.sampled_from(["ask", "ok", "bad", "drop", "hold"]), st.floats(0, 20)), max_size=80)


@given(ACTIONS)
def test_whatever_happens_there_is_one_probe_at_most_and_it_opens_again_in_time(actions: list[Action]) -> None:
    breaker, now = Breaker(POLICY), 0.0
    under_way: list[Permit] = []
    for action, passed in actions:
        now += passed
        match action:
            case "ask":
                state, found = breaker.state(now), breaker.ask(now)
                if found is not None:
                    assert state is not BreakerState.OPEN
                    assert found.probe is (state is BreakerState.HALF_OPEN)
                    under_way.append(found)
            case "hold":
                breaker.hold(now + 7.0)
            case _ if under_way:
                oldest = under_way.pop(0)
                {"ok": breaker.succeeded, "drop": breaker.released}.get(
                    action, lambda p, at=now: breaker.failed(p, at)
                )(oldest)
        probes = [p for p in under_way if p.probe and p.era == breaker._era]
        assert len(probes) <= 1
        assert breaker.open_for(now) <= POLICY.longest_s
    for one in under_way:
        breaker.released(one)
    assert breaker.ask(now + POLICY.longest_s) is not None, "it never stays open for good"
