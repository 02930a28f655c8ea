"""Whole users are held out, and the figures say whether the calibration holds for them."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_auto_retrainer.holdout import held_out, holdout_metrics
from resonance_modeling.calibration import Calibration


def test_holds_out_all_vectors_of_a_fifth_of_the_users() -> None:
    users = np.random.default_rng(1).integers(0, 50, size=2000).astype(np.uint64)
    held = held_out(users)
    assert len(np.unique(users[held])) == 10
    assert not set(users[held]) & set(users[~held])


def test_does_not_depend_on_the_order_of_vectors() -> None:
    users = np.random.default_rng(2).integers(0, 2**63, size=500).astype(np.uint64)
    order = np.random.default_rng(3).permutation(500)
    assert np.array_equal(held_out(users[order]), held_out(users)[order])


def test_with_few_users_nobody_is_held_out() -> None:
    held = held_out(np.array([1, 2, 3, 4], dtype=np.uint64))
    assert not held.any()
    assert holdout_metrics(np.empty(0), Calibration.learn([0.5])) == {"holdout_vectors": 0.0}


def test_a_calibration_that_holds_has_the_shares_it_says() -> None:
    random = np.random.default_rng(4)
    figures = holdout_metrics(random.beta(2, 5, 50_000), Calibration.learn(random.beta(2, 5, 50_000)))
    assert figures["holdout_vectors"] == 50_000
    assert figures["holdout_share_tail_0.1"] == pytest.approx(0.1, rel=0.05)
    assert figures["holdout_share_tail_0.01"] == pytest.approx(0.01, rel=0.2)
    assert figures["holdout_score_q0.5"] < figures["holdout_score_q0.99"] < figures["holdout_score_q1"]


def test_higher_scores_than_learned_show() -> None:
    random = np.random.default_rng(5)
    figures = holdout_metrics(random.uniform(0.5, 1, 1000), Calibration.learn(random.uniform(0, 0.5, 1000)))
    assert figures["holdout_share_tail_0.01"] == 1.0
