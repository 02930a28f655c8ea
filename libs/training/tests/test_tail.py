"""Surprise: empirical where scores are believed, exponential beyond, never falling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_training.tail import KNEE, Tail

SCORES = st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)), min_size=1, max_size=60)


@given(SCORES, SCORES)
def test_it_is_never_negative_and_never_falls(learned: list[float], scored: list[float]) -> None:
    surprise = Tail.learn(learned).surprise(np.sort(scored))
    assert (surprise >= 0).all()
    assert (np.diff(surprise) >= 0).all()


def test_below_the_knee_it_is_that_of_the_share_that_scores_as_high() -> None:
    scores = np.random.default_rng(1).normal(size=5_000)
    for share in (0.9, 0.5, 0.25):
        assert Tail.learn(scores).surprise(np.quantile(scores, 1 - share)) == pytest.approx(-np.log(share), abs=0.02)


def test_beyond_the_knee_an_exponential_tail_is_continued() -> None:
    scores = np.random.default_rng(2).exponential(size=20_000)
    # P(X >= x) = exp(-x), so the surprise of x is x.
    assert Tail.learn(scores).surprise([3.0, 10.0, 30.0]) == pytest.approx([3.0, 10.0, 30.0], rel=0.06)


@pytest.mark.parametrize(("share", "least"), [(0.05, 0.7), (0.15, 0.4)])
def test_what_is_far_out_stays_surprising_however_often_it_was_learned_from(share: float, least: float) -> None:
    ordinary = np.random.default_rng(3).exponential(size=8_000)
    anomalies = np.full(round(share * 8_000), 50.0)
    clean, dirty = (Tail.learn(scores).surprise(50.0) for scores in (ordinary, np.concatenate([ordinary, anomalies])))
    assert dirty > least * clean
    assert dirty > -5 * np.log(share)


def test_where_most_scores_are_the_same_the_scale_is_the_least() -> None:
    tail = Tail.learn([0.0] * 95 + [1.0] * 5, least_scale=0.5)
    assert tail.surprise([0.0, 1.0, 2.0]).tolist() == [0.0, 2.0, 4.0]
    assert len(tail.scores) <= KNEE * 128


def test_where_more_is_believed_to_be_ordinary_what_a_fifth_of_it_does_is_no_rarer_than_that() -> None:
    random = np.random.default_rng(4)
    scores = np.concatenate([random.exponential(size=8_000), 50.0 + random.exponential(size=2_000)])
    shares = [0.2, 0.2 / np.e, 0.2 / np.e**3]
    believed = Tail.learn(scores, ordinary=0.995)
    assert believed.surprise([50.0, 51.0, 53.0]) == pytest.approx(-np.log(shares), abs=0.25)
    assert believed.surprise(500.0) > 20.0, "and what nobody did is still far out"
