"""The window: a function of what it was told, in whatever order and however often."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_auto_retrainer.errors import InvalidBatch
from resonance_auto_retrainer.verdicts import LEAD_US, MOST_WEIGHT, Verdict, weights
from resonance_auto_retrainer.window import Contents, TrainingSet, Vectors, VectorWindow

Make = Callable[..., Vectors]


def one(number: int, end_us: int, stream: str = "live") -> Vectors:
    """A vector whose values say which one it is."""
    return Vectors(stream, [f"v{number:03d}"], [f"u{number % 5}"], [end_us], np.full((1, 2), float(number)))


def same(a: TrainingSet, b: TrainingSet) -> bool:
    arrays = all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("values", "users", "sittings"))
    return arrays and (a.first_end_us, a.last_end_us, a.streams, a.flagged) == (
        b.first_end_us, b.last_end_us, b.streams, b.flagged,
    )  # fmt: skip


@st.composite
def told(draw: st.DrawFn) -> tuple[list[int], list[int], set[int], list[tuple[str, int]]]:
    """End times, an order of telling vectors and flags with repeats, and which are flagged."""
    ends = draw(st.lists(st.integers(0, 10), min_size=1, max_size=20))
    flagged = draw(st.sets(st.integers(0, len(ends) - 1), max_size=len(ends) - 1))
    acts = [("vector", i) for i in range(len(ends))] + [("flag", i) for i in flagged]
    repeats = draw(st.lists(st.sampled_from(acts), max_size=10))
    order = draw(st.permutations(acts + repeats))
    return ends, list(range(len(ends))), flagged, order


@given(told(), st.integers(1, 25))
def test_holds_the_newest_unflagged_whatever_the_order(
    case: tuple[list[int], list[int], set[int], list[tuple[str, int]]], capacity: int
) -> None:
    ends, numbers, flagged, order = case
    window = VectorWindow(capacity, 2)
    for act, i in order:
        if act == "vector":
            window.add(one(i, ends[i]))
        else:
            window.flag([(ends[i], f"v{i:03d}")])
    newest = sorted(numbers, key=lambda i: (ends[i], f"v{i:03d}"))[-capacity:]
    expected = [i for i in newest if i not in flagged]
    contents = window.contents(5)
    assert contents.vectors == len(expected)
    assert contents.flagged == len(newest) - len(expected)
    assert contents.users == len({i % 5 for i in expected})
    assert contents.newer == sum(ends[i] > 5 for i in expected)
    if expected:
        data = window.training_set()
        assert data.values[:, 0].tolist() == expected
        assert (data.first_end_us, data.last_end_us) == (ends[expected[0]], ends[expected[-1]])
        assert contents.span_us == ends[expected[-1]] - ends[expected[0]]
    else:
        with pytest.raises(InvalidBatch, match="no vector"):
            window.training_set()


def test_a_flag_counts_before_its_vector_and_after_it() -> None:
    window = VectorWindow(10, 2)
    window.flag([(1, "v001")])
    for i in (1, 2, 3):
        window.add(one(i, i))
    window.flag([(2, "v002"), (9, "unknown")])
    assert window.training_set().values[:, 0].tolist() == [3.0]
    assert window.contents().flagged == 2


def test_repeats_change_nothing(make_vectors: Make) -> None:
    once, twice = VectorWindow(100, 13), VectorWindow(100, 13)
    for window in (once, twice, twice):
        window.add(make_vectors(50))
    assert same(once.training_set(), twice.training_set())
    assert twice.admitted == 50


def test_memory_of_flags_is_bounded() -> None:
    window = VectorWindow(3, 2)
    window.flag((i, f"v{i:03d}") for i in range(100))
    for i in range(100):
        window.add(one(i, i))
    assert window.contents() == Contents(vectors=0, users=0, span_us=0, flagged=3, newer=0)
    assert len(window._flags.incidents) == 3


def test_the_span_is_that_of_one_stream() -> None:
    window = VectorWindow(10, 2)
    for number, (end_us, stream) in enumerate([(0, "replay:a"), (10, "replay:a"), (1000, "live"), (1030, "live")]):
        window.add(one(number, end_us, stream))
    assert window.contents().span_us == 30
    assert window.training_set().streams == ("live", "replay:a")


def test_a_vector_that_fell_out_takes_its_stream_with_it() -> None:
    window = VectorWindow(1, 2)
    window.add(one(1, 1, "replay:a"))
    window.add(one(2, 2, "live"))
    assert window.training_set().streams == ("live",)
    assert window.contents().span_us == 0


def test_what_it_gives_out_does_not_change_later(make_vectors: Make) -> None:
    window = VectorWindow(50, 13)
    window.add(make_vectors(50))
    data = window.training_set()
    before = data.values.copy()
    window.add(make_vectors(50, start=50, minutes=200))
    assert np.array_equal(data.values, before)


@pytest.mark.parametrize("change", [{"users": ["u"]}, {"end_us": []}, {"values": np.zeros((4, 12))}])
def test_refuses_columns_that_do_not_fit(make_vectors: Make, change: dict[str, object]) -> None:
    window = VectorWindow(10, 13)
    with pytest.raises(InvalidBatch, match="for 4 vector ids"):
        window.add(replace(make_vectors(4), **change))
    assert window.admitted == 0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_refuses_values_that_are_not_finite(make_vectors: Make, value: float) -> None:
    vectors = make_vectors(4)
    vectors.values[2, 5] = value
    with pytest.raises(InvalidBatch, match="vector 'live-000002'"):
        VectorWindow(10, 13).add(vectors)


@given(told(), st.integers(1, 25), st.data())
def test_an_erased_user_was_never_told_of(
    case: tuple[list[int], list[int], set[int], list[tuple[str, int]]], capacity: int, data: st.DataObject
) -> None:
    """As long as nothing falls out: what fell out for the vectors of the user does not come back."""
    ends, _, _, order = case
    capacity = max(capacity, len(ends))
    at = data.draw(st.integers(0, len(order)))
    erased, never = VectorWindow(capacity, 2), VectorWindow(capacity, 2)
    for number, (act, i) in enumerate([*order, ("end", 0)]):
        if number == at:
            erased.erase("u3")
        before = number < at and i % 5 == 3
        for window in [erased] if before else [erased, never]:
            if act == "vector":
                window.add(one(i, ends[i]))
            elif act == "flag":
                window.flag([(ends[i], f"v{i:03d}")])
    # A flag that came before the vector it is of, and before the erasure, says nothing of anybody: it may stay.
    for i in range(len(ends)):
        for window in (erased, never):
            window.flag([(ends[i], f"v{i:03d}")] if i % 5 == 3 else [])
    assert erased.contents(5) == never.contents(5)
    if erased.contents().vectors:
        assert same(erased.training_set(), never.training_set())


def test_the_places_of_an_erased_user_are_used_again_and_hold_nothing() -> None:
    window = VectorWindow(6, 2)
    for number in range(6):
        window.add(one(number, number))
    window.erase("u0")
    assert sorted(window.training_set().values[:, 0].tolist()) == [1, 2, 3, 4]
    assert not np.isin(window._values, [5.0]).any()
    for number in (10, 6, 7):
        window.add(one(number, number))
    assert sorted(window.training_set().values[:, 0].tolist()) == [2, 3, 4, 6, 7, 10]
    window.erase("nobody")
    assert window.contents().vectors == 6


def verdict(alert: str, *, true: bool = False, withdrawn: bool = False, given: int = 1, user: str = "u1", **times: int):
    span = {"opened_us": 0, "last_seen_us": 0, **times}
    return Verdict(alert, user, "live", span["opened_us"], span["last_seen_us"], true, withdrawn, (given, 1))


def of_u1(*ends_us: int) -> Vectors:
    ids = [f"v{end_us}" for end_us in ends_us]
    values = np.column_stack([ends_us, ends_us]).astype(float)
    return Vectors("live", ids, ["u1"] * len(ids), list(ends_us), values)


def given_out(window: VectorWindow) -> list[float]:
    return window.training_set().values[:, 0].tolist()


def test_what_counted_into_a_false_incident_is_ordinary() -> None:
    window = VectorWindow(10, 2)
    window.add(of_u1(1, 2, 3, 4))
    window.flag([(2, "v2")], ["a"])
    window.flag([(3, "v3")], ["a", "b"])
    window.flag([(4, "v4")])
    window.judge(verdict("a"))
    data = window.training_set()
    assert data.values[:, 0].tolist() == [1, 2], "b may be true, and of what nobody was told there is no verdict"
    assert data.called.tolist() == [False, True]
    assert (data.flagged, window.contents().vectors, window.contents().flagged) == (2, 2, 2)
    window.judge(verdict("b"))
    assert given_out(window) == [1, 2, 3]


def test_a_verdict_changes_nobody_s_number_so_the_same_people_are_held_out() -> None:
    numbers = []
    for said in (False, True):
        window = VectorWindow(10, 2)
        for at, user in enumerate(["u1", "u2", "u3", "u2"]):
            window.add(Vectors("live", [f"v{at}"], [user], [at], np.full((1, 2), float(at))))
        window.flag([(0, "v0"), (1, "v1")], ["a"])
        window.add(Vectors("live", ["v4"], ["u1"], [4], np.full((1, 2), 4.0)))
        if said:
            window.judge(verdict("a"))
        data = window.training_set()
        numbers.append(dict(zip(data.values[:, 0].tolist(), data.users.tolist(), strict=True)))
    assert numbers[0] == {2: 2, 3: 1, 4: 0}
    assert numbers[1] == {0: 0, 1: 1, 2: 2, 3: 1, 4: 0}


def test_around_a_true_incident_the_user_is_left_out_flagged_or_not() -> None:
    window, opened_us = VectorWindow(10, 2), 2 * LEAD_US
    ends = [opened_us - LEAD_US - 1, opened_us - LEAD_US, opened_us, opened_us + 10, opened_us + 20, opened_us + 21]
    window.add(of_u1(*ends))
    window.add(Vectors("live", ["other"], ["u2"], [opened_us], np.full((1, 2), 7.0)))
    window.add(Vectors("replay:a", ["elsewhere"], ["u1"], [opened_us], np.full((1, 2), 8.0)))
    window.flag([(ends[2], f"v{ends[2]}"), (ends[4], f"v{ends[4]}")], ["a"])
    window.judge(verdict("a", true=True, opened_us=opened_us, last_seen_us=opened_us))
    data = window.training_set()
    assert sorted(data.values[:, 0].tolist()) == [7.0, 8.0, ends[0], ends[5]]
    assert (data.flagged, data.called_real) == (2, 2)


def test_what_is_withdrawn_was_never_said() -> None:
    window = VectorWindow(10, 2)
    window.add(of_u1(1, 2))
    window.flag([(2, "v2")], ["a"])
    window.judge(verdict("a", withdrawn=True, given=2))
    window.judge(verdict("a"))
    assert given_out(window) == [1]
    window.judge(verdict("a", given=3))
    assert given_out(window) == [1, 2]


def test_a_user_who_is_erased_takes_the_verdicts_along() -> None:
    window = VectorWindow(10, 2)
    window.judge(verdict("a", true=True, opened_us=0, last_seen_us=10))
    window.erase("u1")
    window.add(of_u1(5))
    assert given_out(window) == [5]


@st.composite
def judged(draw: st.DrawFn) -> tuple[list[tuple[str, int]], list[tuple[str, int]], dict[int, list[str]]]:
    """Two orders of telling the same vectors, flags and verdicts, with repeats; and the incidents of each vector."""
    count = draw(st.integers(1, 12))
    incidents = {i: draw(st.lists(st.sampled_from("abc"), unique=True, max_size=2)) for i in range(count)}
    flagged = draw(st.sets(st.integers(0, count - 1)))
    verdicts = draw(st.lists(st.integers(0, 8), max_size=5, unique=True))
    acts = [("vector", i) for i in range(count)] + [("flag", i) for i in flagged] + [("verdict", v) for v in verdicts]
    first = draw(st.permutations(acts))
    second = draw(st.permutations(acts + draw(st.lists(st.sampled_from(acts), max_size=6))))
    return first, second, incidents


@given(judged(), st.integers(1, 15))
def test_verdicts_may_come_in_any_order_with_vectors_and_flags(
    case: tuple[list[tuple[str, int]], list[tuple[str, int]], dict[int, list[str]]], capacity: int
) -> None:
    first, second, incidents = case
    windows = []
    for order in (first, second):
        window = VectorWindow(capacity, 2)
        for act, i in order:
            if act == "vector":
                window.add(of_u1(i))
            elif act == "flag":
                window.flag([(i, f"v{i}")], incidents[i])
            else:
                # Three incidents, three things to be said of each, one after the other.
                what, at = divmod(i, 3)
                said = {"true": what == 1, "withdrawn": what == 2, "opened_us": LEAD_US + 2 * at}
                window.judge(verdict("abc"[at], given=i, **said))
        windows.append(window)
    assert windows[0].contents(5) == windows[1].contents(5)
    if windows[0].contents().vectors:
        one, other = (window.training_set() for window in windows)
        assert same(one, other)
        assert one.called.tolist() == other.called.tolist() and one.called_real == other.called_real


def test_what_was_called_ordinary_weighs_more_but_nobody_outweighs_a_hundredth() -> None:
    users = np.repeat(np.arange(3, dtype=np.uint64), [960, 4, 36])
    called = users > 0
    found = weights(called, users)
    assert set(found[users == 0]) == {1}
    assert set(found[users == 1]) == {2}, "8 of 1,000"
    assert set(found[users == 2]) == {1}, "they are more than that already, and stay"
    assert set(weights(np.arange(10_000) < 3, np.zeros(10_000, dtype=np.uint64))[:3]) == {MOST_WEIGHT}
