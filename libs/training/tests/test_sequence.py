"""What the recurrent model learns, on sequences whose next row is known because it was made."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_training.rows import BadRows, Floats
from resonance_training.sequence import LEAST_CHANGE, SequenceWeights, expected, residual_spread, train_sequence

STEPS, WIDTH = 8, 3
NOISE = 0.1


def waves(n: int, seed: int, known: int = STEPS) -> tuple[Floats, Floats]:
    """Rows that swing around 5, the second one against the first, and one that never changes; the row after them."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, n)[:, np.newaxis] + np.arange(STEPS + 1) * 0.8
    rows = np.stack([5 + np.sin(phase), 5 - np.sin(phase), np.full_like(phase, 2.0)], axis=2)
    rows[:, :, :2] += rng.normal(0, NOISE, (n, STEPS + 1, 2))
    recent = rows[:, :-1].copy()
    recent[:, : STEPS - known] = np.nan
    return recent, rows[:, -1]


def nobody(n: int) -> np.ndarray:
    return np.zeros(n, dtype=np.bool_)


@pytest.fixture(scope="module")
def trained() -> SequenceWeights:
    """Of sequences of every length."""
    parts = [waves(600, known, known) for known in range(STEPS + 1)]
    recent, target = (np.concatenate(column) for column in zip(*parts, strict=True))
    return train_sequence(recent, target, np.arange(len(target)) % 5 == 0)


def rms(errors: Floats) -> Floats:
    return np.sqrt((errors**2).mean(axis=0))


def test_it_knows_what_comes_next(trained: SequenceWeights) -> None:
    recent, target = waves(1_000, 99)
    assert rms(target - recent[:, -1])[0] > 0.5
    assert (rms(target - expected(trained, recent))[:2] < 2.0 * NOISE).all()


def test_with_fewer_vectors_it_knows_less(trained: SequenceWeights) -> None:
    errors = []
    for known in (0, 1, 2, STEPS):
        recent, target = waves(1_000, 99, known)
        errors.append(rms(target - expected(trained, recent))[0])
    assert sorted(errors, reverse=True) == errors
    assert errors[0] == pytest.approx(np.sqrt(0.5), rel=0.1)


def test_of_a_stranger_the_population_is_expected(trained: SequenceWeights) -> None:
    nothing = np.full((1, STEPS, WIDTH), np.nan)
    assert expected(trained, nothing)[0] == pytest.approx([5.0, 5.0, 2.0], abs=0.2)


def test_what_never_changed_is_expected_to_stay_whatever_it_is(trained: SequenceWeights) -> None:
    recent, _ = waves(10, 99)
    before = expected(trained, recent)
    recent[:, :, 2] = 7.0
    after = expected(trained, recent)
    assert (after[:, 2] == 7.0).all()
    assert (after[:, :2] == before[:, :2]).all()


def test_rows_far_out_are_bounded_in_what_they_do(trained: SequenceWeights) -> None:
    recent, _ = waves(10, 99)
    recent[:, 3] = 1e6
    farther = recent.copy()
    farther[:, 3] = 1e9
    assert (expected(trained, recent) == expected(trained, farther)).all()


def test_the_residual_spread_is_that_of_sequences_not_learned_from(trained: SequenceWeights) -> None:
    recent, target = waves(3_000, 7)
    told = residual_spread(target - expected(trained, recent))
    assert told[2] == np.float32(LEAST_CHANGE)
    assert (told[:2] < trained.residual_spread[:2] * 1.05).all()


def test_the_same_sequences_give_the_same_weights() -> None:
    recent, target = waves(300, 1)
    one, two, other = (train_sequence(recent, target, nobody(300), seed) for seed in (0, 0, 1))
    assert all(np.array_equal(getattr(one, f.name), getattr(two, f.name)) for f in fields(SequenceWeights))
    assert not np.array_equal(one.kernel, other.kernel)
    assert {getattr(one, f.name).dtype for f in fields(SequenceWeights)} == {np.dtype(np.float32)}


def test_what_is_held_aside_is_not_learned_from() -> None:
    recent, target = waves(300, 1)
    held = np.arange(300) % 3 == 0
    moved = np.where(held[:, np.newaxis], target + 50.0, target)
    one, two = train_sequence(recent, target, held), train_sequence(recent, moved, held)
    assert np.array_equal(one.kernel, two.kernel)
    assert (two.residual_spread[:2] > 10 * one.residual_spread[:2]).all()


@settings(max_examples=20)
@given(spread=st.floats(0.1, 100.0), seed=st.integers(0, 100))
def test_spread_of_normal_errors_is_their_standard_deviation(spread: float, seed: int) -> None:
    errors = np.random.default_rng(seed).normal(0, spread, (20_000, 1))
    errors[:100] = 1e6
    assert residual_spread(errors)[0] == pytest.approx(spread, rel=0.15)


def test_what_cannot_be_learned_from_is_said() -> None:
    recent, target = waves(100, 1)
    with pytest.raises(BadRows, match="at least 50 sequences to learn from, but got 40"):
        train_sequence(recent, target, np.arange(100) >= 40)
    with pytest.raises(BadRows, match=r"shape \(100, steps, 3\), but got shape \(100, 8, 2\)"):
        train_sequence(recent[:, :, :2], target, nobody(100))
    with pytest.raises(BadRows, match="whether it is held"):
        train_sequence(recent, target, nobody(99))
    late = recent.copy()
    late[5, 4] = np.nan
    with pytest.raises(BadRows, match="Rows of NaN must stand before a user's first vector"):
        train_sequence(late, target, nobody(100))
    late[5, 4] = recent[5, 4]
    late[5, 4, 1] = np.inf
    with pytest.raises(BadRows, match="must be finite"):
        expected(train_sequence(recent, target, nobody(100)), late)
