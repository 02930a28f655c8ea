"""Surprise at ensembles that have not seen the user."""

from __future__ import annotations

import numpy as np

from resonance_auto_retrainer.crossfit import FOLDS, folds_of, unseen_surprises
from resonance_training.fusion import fused
from resonance_training.tabular import TabularDetector

NOTHING = np.full(1000, np.nan)


def test_all_vectors_of_a_user_are_in_one_fold() -> None:
    users = np.random.default_rng(1).integers(0, 23, 500).astype(np.uint64)
    folds = folds_of(users)
    assert set(folds) == set(range(FOLDS))
    assert all(len(set(folds[users == user])) == 1 for user in set(users))


def test_a_user_unlike_the_others_scores_higher_unseen_than_seen() -> None:
    random = np.random.default_rng(2)
    rows = random.normal(size=(1000, 4))
    users = np.repeat(np.arange(10, dtype=np.uint64), 100)
    rows[users == 3] += 4
    seen = TabularDetector(rows).score(rows)
    unseen = unseen_surprises(rows, users, NOTHING)
    assert unseen[users == 3].mean() > 1.4 * seen[users == 3].mean()
    assert (unseen >= 0).all()


def test_one_user_alone_is_scored_all_the_same() -> None:
    rows = np.random.default_rng(3).normal(size=(50, 4))
    assert unseen_surprises(rows, np.zeros(50, dtype=np.uint64), NOTHING[:50]).shape == (50,)


def test_what_one_user_in_five_does_all_day_is_not_far_out() -> None:
    """Most have one address and never another, so that those who have two differ in what never varies."""
    random = np.random.default_rng(4)
    users = np.repeat(np.arange(40, dtype=np.uint64), 50)
    rows = random.normal(size=(2000, 5))
    several = users // FOLDS % 5 == 2
    rows[:, 4] = np.where(several, random.uniform(0.5, 1.0, 2000), 0.0)
    surprise = unseen_surprises(rows, users, np.full(2000, np.nan))
    assert np.median(surprise[several]) < np.quantile(surprise[~several], 0.99)


def test_what_was_foreseen_counts_where_something_was() -> None:
    rows = np.random.default_rng(4).normal(size=(200, 4))
    users = np.arange(200, dtype=np.uint64) % 7
    alone = unseen_surprises(rows, users, NOTHING[:200])
    foresight = np.where(np.arange(200) % 2, 50.0, np.nan)
    together = unseen_surprises(rows, users, foresight)
    assert np.array_equal(together[::2], alone[::2])
    np.testing.assert_allclose(together[1::2], fused(alone[1::2], foresight[1::2]))
    assert (together[1::2] > alone[1::2]).all()
