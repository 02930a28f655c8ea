"""Who is asked next, with time and chance given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.routing.course import (
    OF_THE_PROVIDER,
    PASSING,
    SHORTEST_ATTEMPT_S,
    Candidate,
    Course,
    Step,
)

SMALL = Candidate("a", "a", 100)
LARGE = Candidate("a/large", "a", 1000)
OTHER = Candidate("b", "b", 100)
ALL = (SMALL, LARGE, OTHER)


def course(*candidates: Candidate, deadline: float = 10.0, rounds: int = 2, patient: bool = True) -> Course:
    return Course(candidates or ALL, rounds, deadline, lambda low, high: high, patient)


def failure(kind: FailureKind, retry_after_s: float | None = None) -> ProviderFailure:
    return ProviderFailure(kind, "No.", retry_after_s=retry_after_s)


def asked(of: Course, *failures: ProviderFailure) -> list[str]:
    """Names of those who are asked, each failing in turn, at once."""
    names = []
    for one in failures:
        step = of.next(0.0)
        if step is None:
            break
        names.append(step.candidate.name)
        of.failed(step.candidate, one, 0.0)
    step = of.next(0.0)
    return [*names, *([step.candidate.name] if step is not None and step.at == 0.0 else [])]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (FailureKind.LIMIT, ["a", "a/large"]),
        (FailureKind.BROKEN_ANSWER, ["a", "a/large"]),
        (FailureKind.CONTEXT_TOO_LONG, ["a", "a/large"]),
        (FailureKind.REFUSAL, ["a", "b"]),
        (FailureKind.QUOTA, ["a", "b"]),
        (FailureKind.AUTH, ["a", "b"]),
        (FailureKind.OPEN, ["a", "b"]),
    ],
)
def test_the_reason_decides_who_is_next(kind: FailureKind, names: list[str]) -> None:
    assert asked(course(), failure(kind)) == names


def test_too_long_a_prompt_goes_to_nobody_who_takes_no_more() -> None:
    of = course(OTHER, SMALL, LARGE)
    assert asked(of, failure(FailureKind.CONTEXT_TOO_LONG)) == ["b", "a/large"]
    of.failed(LARGE, failure(FailureKind.CONTEXT_TOO_LONG), 0.0)
    assert of.next(0.0) is None


def test_only_when_all_were_asked_it_waits() -> None:
    of = course(SMALL, OTHER)
    of.failed(SMALL, failure(FailureKind.LIMIT, 2.0), 0.0)
    assert of.next(0.0) == Step(OTHER, 0.0)
    of.failed(OTHER, failure(FailureKind.OVERLOAD), 0.0)
    assert of.next(0.0) == Step(OTHER, 0.25)
    of.failed(OTHER, failure(FailureKind.OVERLOAD), 0.3)
    assert of.next(0.3) == Step(SMALL, 2.25)
    of.failed(SMALL, failure(FailureKind.LIMIT), 2.3)
    assert of.next(2.3) is None


def test_a_wait_beyond_the_deadline_is_none() -> None:
    of = course(SMALL, deadline=4.0)
    of.failed(SMALL, failure(FailureKind.LIMIT, 3600.0), 0.0)
    assert of.next(0.0) is None


def test_without_patience_nobody_is_waited_for() -> None:
    of = course(SMALL, patient=False)
    of.failed(SMALL, failure(FailureKind.LIMIT), 0.0)
    assert of.next(0.0) is None


def test_nobody_is_asked_who_could_not_answer_in_time() -> None:
    assert course(SMALL, deadline=1.0).next(1.0 - SHORTEST_ATTEMPT_S / 2) is None


def test_it_says_whether_anybody_comes_after() -> None:
    of = course(SMALL, OTHER)
    assert of.more_after(SMALL)
    of.failed(SMALL, failure(FailureKind.LIMIT), 0.0)
    assert not of.more_after(OTHER)


KINDS = st.sampled_from(list(FailureKind))
PLAN = st.lists(st.tuples(KINDS, st.none() | st.floats(0, 5), st.floats(0, 1)), min_size=40, max_size=40)


@given(PLAN, st.floats(0.5, 8), st.integers(1, 4), st.randoms(use_true_random=False))
def test_whatever_fails_it_ends_in_time_and_asks_nobody_too_often(
    plan: list[tuple[FailureKind, float | None, float]], deadline: float, rounds: int, random: object
) -> None:
    of = Course(ALL, rounds, deadline, random.uniform)  # type: ignore[attr-defined]
    now, times = 0.0, dict.fromkeys((c.name for c in ALL), 0)
    out: set[str] = set()
    context = 0
    for kind, retry_after_s, took in plan:
        step = of.next(now)
        if step is None:
            break
        assert now <= step.at <= deadline - SHORTEST_ATTEMPT_S
        assert step.candidate.provider not in out
        assert step.candidate.context > context
        times[step.candidate.name] += 1
        now = step.at + took
        of.failed(step.candidate, failure(kind, retry_after_s), now)
        if kind in OF_THE_PROVIDER and not (kind in PASSING and times[step.candidate.name] < rounds):
            out.add(step.candidate.provider)
        if kind is FailureKind.CONTEXT_TOO_LONG:
            context = max(context, step.candidate.context)
    else:
        raise AssertionError("it went on for forty failures")
    assert max(times.values()) <= rounds
