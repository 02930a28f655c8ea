"""What would have to be different."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_attribution.deadline import Deadline
from resonance_contracts.features import Change
from resonance_xai.asked.candidates import costs
from resonance_xai.asked.columns import Column
from resonance_xai.asked.counterfactuals import counterfactuals
from resonance_xai.asked.goals import ordinary_range
from resonance_xai.asked.subject import Subject, Unit

Floats = NDArray[np.float64]
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.1])


def total(rows: Floats) -> Floats:
    return rows @ WEIGHTS


def subject_of(
    columns: list[Column] | None = None, score: Callable[[Floats], Floats] = total, **changes: Any
) -> Subject:
    ordinary = np.random.default_rng(1).uniform(0, 10, (500, 4))
    reference = np.full(4, 5.0)
    found = columns or [Column(f"x{i}", 0.0, 40.0) for i in range(4)]
    return Subject("model", "v1", "y", Unit.SCORE, tuple(found), score, ordinary, reference, **changes)


HIGH = np.array([9.0, 9.0, 9.0, 9.0])


def test_suggestions_reach_the_ordinary_range_and_are_scored_by_the_model() -> None:
    subject = subject_of()
    _, high = ordinary_range(subject)
    found = counterfactuals(subject, HIGH, subject.reference, Deadline())
    assert found.needed
    assert not found.partial
    assert len(found.found) == 3
    for one in found.found:
        assert one.output == pytest.approx(total(one.row[None])[0])
        assert one.output <= high
        assert set(one.changed) == set(np.flatnonzero(one.row != HIGH))
        assert one.cost == pytest.approx(costs(subject, HIGH, one.row[None])[0])


def test_fewest_changes_come_first_and_none_holds_another_and_more() -> None:
    found = counterfactuals(subject_of(), HIGH, np.full(4, 5.0), Deadline()).found
    sizes = [len(one.changed) for one in found]
    assert sizes == sorted(sizes)
    assert sizes[0] == 1
    sets = [set(one.changed) for one in found]
    assert not any(one < other for one, other in product(sets, sets))
    assert len({frozenset(one) for one in sets}) == len(sets)


def test_the_cheapest_change_of_one_column_is_found() -> None:
    subject = subject_of()
    _, high = ordinary_range(subject)
    best = counterfactuals(subject, HIGH, subject.reference, Deadline()).found[0]
    needed = (total(HIGH[None])[0] - high) / WEIGHTS
    possible = [change / spread for change, spread in zip(needed, subject.spread, strict=True) if change <= 9.0]
    assert best.cost == pytest.approx(min(possible), rel=0.1)
    assert best.changed == (1,)


def test_what_nobody_can_change_stays_and_what_can_go_one_way_goes_that_way() -> None:
    columns = [
        Column("fixed", 0.0, 40.0, change=Change.NONE),
        Column("down", 0.0, 40.0, change=Change.LOWER),
        Column("up", 0.0, 40.0, change=Change.HIGHER),
        Column("free", 0.0, 40.0),
    ]
    # Less of the third would help too, but it can only be raised.
    found = counterfactuals(subject_of(columns), HIGH, np.full(4, 5.0), Deadline(), most=10).found
    assert found
    for one in found:
        assert one.row[0] == HIGH[0]
        assert one.row[1] <= HIGH[1]
        assert one.row[2] >= HIGH[2]


def test_whole_numbers_stay_whole_and_everything_stays_in_its_range() -> None:
    columns = [Column(f"n{i}", 2.0, 12.0, whole=True) for i in range(4)]
    found = counterfactuals(subject_of(columns), HIGH, np.full(4, 5.0), Deadline(), most=10).found
    assert found
    for one in found:
        assert (one.row == np.round(one.row)).all()
        assert (one.row >= 2.0).all()
        assert (one.row <= 12.0).all()


def test_several_columns_are_moved_where_one_is_not_enough() -> None:
    def both(rows: Floats) -> Floats:
        return np.maximum(rows[:, 0], rows[:, 1])

    subject = subject_of(score=both, missed=lambda rows: both(rows) - 4.0, goal="ordinary")
    (best, *_) = counterfactuals(subject, HIGH, np.full(4, 3.0), Deadline()).found
    assert set(best.changed) == {0, 1}
    assert best.output <= 4.0
    np.testing.assert_allclose(best.row[:2], 4.0, atol=0.1)


def test_all_columns_are_tried_together_where_three_are_not_enough() -> None:
    def all_four(rows: Floats) -> Floats:
        return rows.max(axis=1)

    subject = subject_of(score=all_four, missed=lambda rows: all_four(rows) - 5.0, goal="ordinary")
    (best,) = counterfactuals(subject, HIGH, np.full(4, 4.0), Deadline()).found
    assert set(best.changed) == {0, 1, 2, 3}


def test_none_found_is_an_answer() -> None:
    subject = subject_of([Column(f"x{i}", change=Change.NONE) for i in range(4)])
    found = counterfactuals(subject, HIGH, subject.reference, Deadline())
    assert found.found == ()
    assert found.needed
    assert not found.partial


def test_an_ordinary_row_needs_no_change() -> None:
    subject = subject_of()
    found = counterfactuals(subject, subject.reference, subject.reference, Deadline())
    assert not found.needed
    assert found.found == ()


def test_the_deadline_cuts_the_search_short_and_says_so() -> None:
    subject = subject_of()
    found = counterfactuals(subject, HIGH, subject.reference, Deadline(0))
    assert found.partial
    assert found.found == ()


def test_what_counts_a_part_never_exceeds_what_counts_the_whole() -> None:
    # The second counts some of what the first counts: lowering the first alone would be absurd.
    subject = subject_of(
        score=lambda rows: rows[:, 0], missed=lambda rows: rows[:, 0] - 4.0, goal="ordinary", pairs=((1, 0),)
    )
    found = counterfactuals(subject, HIGH, np.full(4, 3.0), Deadline()).found
    assert found
    for one in found:
        assert one.row[1] <= one.row[0]
    assert set(found[0].changed) == {0, 1}


def test_suggested_numbers_are_short() -> None:
    for one in counterfactuals(subject_of(), HIGH, np.full(4, 5.0), Deadline()).found:
        for place in one.changed:
            assert len(f"{one.row[place]:g}") <= 4
