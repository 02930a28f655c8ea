"""Who is in a challenger's arm."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from resonance_modeling.arms import draws, served

USERS = [f"u_{number}" for number in range(200_000)]
ONE, OTHER = "1" * 64, "2" * 64
WRITTEN_DOWN = [15792693423385625106, 10636768922162157814, 13472409059496092492]


@pytest.mark.parametrize("share", [0.001, 0.05, 0.1, 0.5, 0.9])
def test_a_challenger_serves_its_share_of_the_users(share: float) -> None:
    found = served(draws(ONE, USERS), share)
    # Four standard deviations of a share that is drawn.
    assert abs(found.mean() - share) < 4 * sqrt(share * (1 - share) / len(USERS))


def test_a_share_is_exact_to_the_last_number() -> None:
    border = np.uint64(2**62)
    assert served(np.array([0, border - np.uint64(1), border, 2**64 - 1], dtype=np.uint64), 0.25).tolist() == [
        True, True, False, False,
    ]  # fmt: skip
    assert not served(np.array([2**64 - 1], dtype=np.uint64), np.nextafter(1.0, 0.0)).any()


def test_a_user_stays_where_they_are_whoever_looks() -> None:
    # Written down once: it must not differ between processes, releases and machines.
    assert draws(ONE, ["u_a", "u_b", "ю"]).tolist() == WRITTEN_DOWN
    assert draws(ONE, reversed(USERS)).tolist() == draws(ONE, USERS).tolist()[::-1]


def test_a_larger_share_keeps_the_users_of_a_smaller_one() -> None:
    drawn = draws(ONE, USERS)
    assert not (served(drawn, 0.1) & ~served(drawn, 0.3)).any()


def test_another_version_serves_others() -> None:
    both = served(draws(ONE, USERS), 0.1) & served(draws(OTHER, USERS), 0.1)
    assert abs(both.mean() - 0.01) < 4 * sqrt(0.01 * 0.99 / len(USERS))


def test_nobody_is_drawn_of_no_users() -> None:
    assert draws(ONE, []).shape == (0,)
