"""The benchmark `false-incidents`, small."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_predictor.peaks import Grounds, Learned
from resonance_predictor.rules import RuleBook
from resonance_predictor.terms import Terms
from resonance_predictor.thresholds import ORDINARY
from tests.bench.benchmark import Surroundings
from tests.bench.stationary import benchmark, tails
from tests.bench.stationary.days import BEGIN_S, DAY_S, Crowd, Raised, model_of


@pytest.mark.long
def test_a_trial_goes_through_all_of_it() -> None:
    measured = benchmark.run(Surroundings(None, None, lambda _: None, trial=True))
    assert set(measured.values) == {figure.name for figure in benchmark.FIGURES}
    assert measured.details["user_days"] == 8


def test_grades_are_counted_with_those_above_and_by_what_they_came_to() -> None:
    raised = [Raised("a", 1, 1), Raised("a", 1, 2), Raised("b", 2, 3)]
    rows = benchmark._rows(4.0, raised, 1000)
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("low or above", "4", "3.00"),
        ("medium or above", "0.4", "2.00"),
        ("high or above", "0.04", "1.00"),
    ]


def test_fewer_days_are_the_same_as_far_as_they_go() -> None:
    crowd = Crowd(0, 3, 1)
    end_us = round((BEGIN_S + DAY_S / 2) * 1e6)
    one, two = (
        [
            id_
            for batch in crowd.vectors(days)
            for id_, at in zip(batch.vector_id, batch.end_us, strict=True)
            if at < end_us
        ]
        for days in (1, 2)
    )
    assert sorted(one) == sorted(two) != []


@pytest.mark.long
def test_what_is_raised_is_what_detection_raises() -> None:
    """With a rule that everybody breaks."""
    crowd = Crowd(0, 3, 1)
    rules = RuleBook.parse("rules: [{kind: chatty, severity: high, when: [messages_per_minute >= 3]}]", "test")
    terms = [Terms(rules), Terms(RuleBook.default())]
    chatty, quiet = ({one.kind for one in found} for found in crowd.raised(terms, model_of([crowd])))
    assert "chatty" in chatty
    assert "chatty" not in quiet


def test_tails_are_those_of_the_peaks() -> None:
    width = ORDINARY[Grounds.CLIMB].width
    learned = Learned(1000.0)
    for excess in np.random.default_rng(1).exponential(1.5, 3_000).tolist():
        if excess < width:
            learned = learned.and_one(Grounds.CLIMB, excess)
    rate, scale = tails.tail(Grounds.CLIMB, [learned, learned])
    assert rate == pytest.approx(3_000, rel=0.05)
    assert scale == pytest.approx(1.5, rel=0.05)


@pytest.mark.long
def test_where_no_evidence_is_enough_peaks_are_learned_from() -> None:
    crowd = Crowd(0, 24, 1)
    learned = crowd.peaks(model_of([crowd]))
    assert 12.0 < learned.user_days <= 24.0
    assert learned.peaks[Grounds.SURPRISE].count + learned.peaks[Grounds.CLIMB].count > 0
