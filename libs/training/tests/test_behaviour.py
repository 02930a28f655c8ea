"""Kinds of users: those that were planted are found, and none where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from resonance_training.behaviour import FARTHEST, MOST_KINDS, Kinds, Points, learn_kinds
from resonance_training.needs import BEHAVIOUR_ROWS
from resonance_training.rows import BadRows, Floats

WIDTH = 5
ROWS = 40


def rows_of(points: Floats, spread: float = 1.0, seed: int = 1) -> tuple[Floats, NDArray[np.uint64]]:
    """Rows of users around what they ordinarily do, in any order."""
    random = np.random.default_rng(seed)
    users = np.repeat(np.arange(len(points), dtype=np.uint64), ROWS)
    rows = points[users.astype(np.intp)] + random.normal(0.0, spread, (len(users), points.shape[1]))
    order = random.permutation(len(users))
    return rows[order], users[order]


def planted(sizes: tuple[int, ...], seed: int = 1) -> tuple[Floats, NDArray[np.int64]]:
    """Users around centers that are three of their own spreads apart in some columns, and the kind of each."""
    random = np.random.default_rng(seed)
    centers = np.array([[0, 0, 0, 0, 0], [3, 3, 0, 0, 0], [0, 0, -3, 3, 0], [3, 0, -3, 0, 3]], dtype=np.float64)
    kinds = np.repeat(np.arange(len(sizes)), sizes)
    return centers[kinds] + random.normal(0, 0.4, (len(kinds), WIDTH)), kinds


def found(points: Floats, seed: int = 1) -> tuple[Kinds, NDArray[np.int64]]:
    """Kinds, and that of each user."""
    learned = Points.of(*rows_of(points, seed=seed))
    kinds = learn_kinds(learned).kinds
    return kinds, kinds.memberships(learned.values).argmax(axis=1)


@pytest.mark.parametrize("sizes", [(60, 30), (80, 40, 20), (100, 50, 30, 20)])
@pytest.mark.parametrize("seed", range(3))
def test_planted_kinds_are_found(sizes: tuple[int, ...], seed: int) -> None:
    points, true = planted(sizes, seed)
    kinds, labels = found(points, seed)
    assert len(kinds.weights) == len(sizes)
    assert adjusted_rand_score(true, labels) > 0.95
    assert (np.diff(kinds.weights) <= 0).all(), "the largest is the first"
    assert kinds.centers[0] == pytest.approx(np.median(points[true == 0], axis=0), abs=0.5)


def continuum(shape: str, users: int, seed: int) -> Floats:
    """Users who differ, some by much, without falling into kinds: the first three columns go together."""
    random = np.random.default_rng(seed)
    pace = {
        "normal": lambda: random.normal(0, 3, users),
        "skewed": lambda: random.gamma(4, 1, users),
        "uniform": lambda: random.uniform(-3, 3, users),
        "none": lambda: np.zeros(users),
    }[shape]()
    return np.outer(pace, [1.0, 0.9, 0.8, 0.0, 0.1]) + random.normal(0, 0.4, (users, WIDTH))


@pytest.mark.parametrize("shape", ["normal", "skewed", "uniform", "none"])
@pytest.mark.parametrize(("users", "seed"), [(60, 0), (60, 1), (60, 2), (400, 0)])
def test_what_is_continuous_is_one_kind(shape: str, users: int, seed: int) -> None:
    kinds, _ = found(continuum(shape, users, seed), seed)
    assert len(kinds.weights) == 1


def test_differences_smaller_than_each_users_own_are_none() -> None:
    points = np.zeros((200, WIDTH))
    points[::3, 0] = 0.8
    kinds, _ = found(points)
    assert len(kinds.weights) == 1


def test_a_few_odd_users_are_no_kind() -> None:
    points, _ = planted((100,))
    points[:3] = 50.0
    kinds, _ = found(points)
    assert len(kinds.weights) == 1


def test_the_same_users_give_the_same_kinds_whatever_their_numbers() -> None:
    points, _ = planted((60, 30))
    rows, users = rows_of(points)
    one, same = (learn_kinds(Points.of(rows, users)).kinds for _ in range(2))
    assert (one.means == same.means).all() and (one.weights == same.weights).all()
    other = learn_kinds(Points.of(rows, np.uint64(2**63) - users * np.uint64(977))).kinds
    assert other.centers == pytest.approx(one.centers, abs=1e-3)


def test_a_point_is_the_median_of_a_user_with_enough_rows() -> None:
    rows = np.arange(60.0).reshape(30, 2)
    users = np.array([7] * 20 + [9] * 10, dtype=np.uint64)
    points = Points.of(rows, users)
    assert points.values.tolist() == [[19.0, 20.0]] and points.rows == 20
    assert points.within == pytest.approx(np.sqrt(((rows[:20] - [19.0, 20.0]) ** 2).mean(axis=0)))
    with pytest.raises(BadRows, match=f"at least {BEHAVIOUR_ROWS + 1} rows each"):
        Points.of(rows, users, BEHAVIOUR_ROWS + 1)


def test_memberships_are_probabilities_and_what_lies_beyond_counts_as_at_the_edge() -> None:
    points, _ = planted((60, 30))
    kinds, _ = found(points)
    random = np.random.default_rng(3)
    rows = np.concatenate([random.normal(0, 100, (300, WIDTH)), kinds.centers])
    memberships = kinds.memberships(rows)
    assert (memberships >= 0).all() and memberships.sum(axis=1) == pytest.approx(np.ones(len(rows)))
    assert kinds.distances(kinds.centers) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert memberships[-2:].argmax(axis=1).tolist() == [0, 1]
    edge = kinds.middle + FARTHEST * kinds.unit
    assert kinds.distances(np.stack([edge, edge * 1e6])) == pytest.approx(kinds.distances(edge[np.newaxis])[0])


@pytest.mark.parametrize(
    "points",
    [np.zeros((60, WIDTH)), np.zeros((2, WIDTH)), np.repeat(np.eye(WIDTH) * 9.0, 12, axis=0)],
    ids=["all the same", "two users", "few different users"],
)
def test_poor_points_are_learned_from_too(points: Floats) -> None:
    kinds = learn_kinds(Points.of(*rows_of(points, spread=0.0))).kinds
    assert 1 <= len(kinds.weights) <= MOST_KINDS
    assert np.isfinite(kinds.memberships(points + 1e-3)).all() and np.isfinite(kinds.distances(points)).all()
