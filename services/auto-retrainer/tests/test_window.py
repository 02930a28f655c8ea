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
    assert len(window._flags) == 3


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
