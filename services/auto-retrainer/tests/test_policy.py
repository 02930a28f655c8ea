"""When a training is due, and what is missing for one."""

from __future__ import annotations

import pytest

from resonance_auto_retrainer.policy import MINUTE_US, Champion, Policy
from resonance_auto_retrainer.window import Contents
from resonance_contracts.features import CATALOGUE_VERSION

ONCE = Policy(min_vectors=2000, min_users=20, min_span_us=30 * MINUTE_US, retrain_every_us=0)
HOURLY = Policy(min_vectors=2000, min_users=20, min_span_us=30 * MINUTE_US, retrain_every_us=60 * MINUTE_US)
CHAMPION = Champion("v", CATALOGUE_VERSION, last_end_us=5, changed_us=100 * MINUTE_US)
OLD = Champion("v", "0", last_end_us=5, changed_us=100 * MINUTE_US)
ENOUGH = Contents(vectors=2000, users=20, span_us=30 * MINUTE_US, flagged=0, newer=0)


@pytest.mark.parametrize(
    ("policy", "champion", "minutes", "due"),
    [
        (ONCE, None, 0, True),
        (ONCE, CHAMPION, 1_000_000, False),
        (ONCE, OLD, 100, True),
        (HOURLY, CHAMPION, 159, False),
        (HOURLY, CHAMPION, 160, True),
        (HOURLY, None, 0, True),
    ],
)
def test_due(policy: Policy, champion: Champion | None, minutes: int, due: bool) -> None:
    assert policy.due(champion, minutes * MINUTE_US) is due


@pytest.mark.parametrize(("minutes", "due"), [(100, False), (129, False), (130, True)])
def test_drift_makes_a_training_due_no_sooner_than_the_cooldown(minutes: int, due: bool) -> None:
    policy = Policy(2000, 20, 0, retrain_every_us=0, drift_cooldown_us=30 * MINUTE_US)
    assert policy.due(CHAMPION, minutes * MINUTE_US, drifted=True) is due
    assert policy.due(CHAMPION, minutes * MINUTE_US) is False
    assert policy.due(None, 0, drifted=False) is True


@pytest.mark.parametrize(("minutes", "due"), [(209, False), (210, True)])
def test_what_was_tried_since_counts_as_a_promotion_does(minutes: int, due: bool) -> None:
    tried = 150 * MINUTE_US
    assert HOURLY.due(CHAMPION, minutes * MINUTE_US, tried_us=tried) is due
    drifting = Policy(2000, 20, 0, retrain_every_us=0, drift_cooldown_us=60 * MINUTE_US)
    assert drifting.due(CHAMPION, minutes * MINUTE_US, drifted=True, tried_us=tried) is due
    assert HOURLY.due(OLD, minutes * MINUTE_US, tried_us=tried) is True


def test_nothing_is_missing_at_the_limits() -> None:
    assert ONCE.missing(ENOUGH, None) == []
    assert ONCE.missing(ENOUGH, OLD) == []


def test_names_each_thing_that_is_missing() -> None:
    contents = Contents(vectors=812, users=19, span_us=29 * MINUTE_US, flagged=7, newer=812)
    assert ONCE.missing(contents, None) == [
        "vectors: 812 of 2000",
        "users: 19 of 20",
        "minutes of event time: 29 of 30",
    ]


def test_a_retraining_needs_new_vectors() -> None:
    assert HOURLY.missing(ENOUGH, CHAMPION) == ["new vectors: 0 of 2000"]
