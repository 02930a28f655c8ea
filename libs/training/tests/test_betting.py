"""Evidence from yes-or-no trials: how often it misleads, and how soon it convinces."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_training.betting import log_less, log_more, share_at

ALPHA = 0.05


def evidence(ratio: float, share: float, trials: int, runs: int = 4000) -> NDArray[np.float64]:
    """Evidence of more, after each trial of each run, (runs, trials)."""
    yes = np.random.default_rng(1).random((runs, trials)) < share_at(ratio, share)
    return log_more(np.cumsum(yes, axis=1), np.arange(1, trials + 1), share)


def test_a_share_of_those_to_whom_it_happens_follows_from_the_ratio() -> None:
    assert share_at(1.0, 0.2) == pytest.approx(0.2)
    assert share_at(4.0, 0.2) == pytest.approx(0.5)
    assert share_at([0.5, 2.0], 0.5) == pytest.approx([1 / 3, 2 / 3])


def test_no_trial_is_no_evidence() -> None:
    assert log_more(0, 0, 0.2) == pytest.approx(0.0)
    assert log_less(0, 0, 0.2, 1.5) == pytest.approx(0.0)


@pytest.mark.parametrize("share", [0.2, 0.5])
@pytest.mark.parametrize("ratio", [1.0, 0.7])
def test_who_looks_after_every_trial_is_misled_no_more_often_than_stated(ratio: float, share: float) -> None:
    ever = (evidence(ratio, share, 500) >= np.log(1 / ALPHA)).any(axis=1)
    assert ever.mean() <= ALPHA


def test_before_any_trial_it_is_expected_to_stay_as_it_is() -> None:
    after = np.exp(evidence(1.0, 0.5, 10, runs=40_000)[:, -1])
    assert after.mean() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("ratio", "trials"), [(2.0, 200), (3.0, 80), (10.0, 25)])
def test_a_larger_ratio_is_found_sooner(ratio: float, trials: int) -> None:
    found = (evidence(ratio, 0.5, trials) >= np.log(1 / ALPHA)).any(axis=1)
    assert found.mean() > 0.95


def test_less_than_a_tolerated_ratio_is_shown_of_equals_and_not_of_what_is_at_it() -> None:
    random, counts = np.random.default_rng(2), np.arange(1, 2001)
    shown = {}
    for ratio in (1.0, 2.0):
        yes = np.cumsum(random.random((1000, 2000)) < share_at(ratio, 0.2), axis=1)
        shown[ratio] = (log_less(yes, counts, 0.2, 2.0) >= np.log(1 / ALPHA)).any(axis=1).mean()
    assert shown[1.0] > 0.95
    assert shown[2.0] <= ALPHA
