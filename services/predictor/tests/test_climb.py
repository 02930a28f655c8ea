"""A rise that stays: the slower evidence, and the incidents it opens."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_predictor import climb
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.severity import Severity
from resonance_predictor.state import load_header
from resonance_predictor.thresholds import DEFAULT

MINUTE = 60_000_000
ENOUGH = 12.5
WELL_KNOWN = np.array([1e9])


def minutes_until_enough(size: float, step_us: int, known_minutes: float = 1e9) -> float:
    total, minutes = np.zeros(1), 0.0
    while total[0] < ENOUGH:
        total = climb.added(total, np.array([size]), np.array([known_minutes]), np.array([step_us]))
        minutes += step_us / MINUTE
        assert minutes < 600, "never enough"
    return minutes


@pytest.mark.parametrize("step_us", [MINUTE // 60, MINUTE // 4, MINUTE])
def test_time_counts_not_vectors(step_us):
    assert minutes_until_enough(2.75, step_us) == pytest.approx(10.0, abs=1.0)


def test_what_is_strong_counts_as_no_more_than_the_most():
    assert minutes_until_enough(60.0, MINUTE // 4) == minutes_until_enough(climb.MOST, MINUTE // 4)


def test_of_somebody_who_is_hardly_known_it_takes_longer():
    assert minutes_until_enough(2.75, MINUTE // 4, known_minutes=20.0) > 1.5 * minutes_until_enough(2.75, MINUTE // 4)


def test_a_long_silence_proves_nothing_and_is_time_to_forget():
    some = climb.added(np.zeros(1), np.array([3.5]), WELL_KNOWN, np.array([30 * MINUTE]))
    assert some[0] == pytest.approx(3.5 - climb.DRIFT, abs=1e-3)
    assert climb.added(some, np.array([0.0]), WELL_KNOWN, np.array([10 * MINUTE]))[0] == 0.0


class Steady:
    """Somebody who writes at a steady pace, and then at another."""

    def __init__(self, synthetic) -> None:
        self.synthetic = synthetic
        self.detector = PartitionDetector(synthetic.scored_terms)
        self.now_us, self.number = 10**15, 0
        self.rng = np.random.default_rng(1)

    def writes(self, minutes: int, times: float):
        """What is said while they write so many times their own pace, a vector every ten seconds."""
        said = []
        for _ in range(6 * minutes):
            pace = times * self.rng.lognormal(0.0, 0.5)
            values = self.synthetic.values(messages_per_minute=3.0 * pace, requests_per_user=30.0 * pace)
            said.append(self.apply(values))
        return said

    def apply(self, values):
        self.number += 1
        self.now_us += 10_000_000
        vector = self.synthetic.vector("u_a", self.number, self.now_us, values)
        return self.detector.apply(self.number, self.synthetic.batch([vector]))


@pytest.fixture
def steady(synthetic) -> Steady:
    """Somebody who was seen for five hours."""
    steady = Steady(synthetic)
    assert not [alert for said in steady.writes(300, 1.0) for alert in said.raised]
    return steady


def test_a_rise_that_stays_is_found_though_it_is_never_strong(steady):
    said = steady.writes(30, 3.2)
    (alert,) = [alert for one in said for alert in one.raised]
    assert (alert.kind, alert.severity) == ("unusual_volume", 1)
    assert steady.now_us - 25 * MINUTE < alert.opened_us < steady.now_us - 5 * MINUTE
    assert set(alert.finding.features) <= {"messages_per_minute", "requests_per_user"}


def test_while_it_goes_on_it_counts_into_its_incident_and_then_it_ends(steady):
    said = steady.writes(60, 3.6)
    (alert,) = [alert for one in said for alert in one.raised]
    counted = [a for one in said for a in one.anomalies if list(a.alert_ids) == [alert.alert_id]]
    assert len(counted) > 10
    assert not any(one.resolved for one in said[-60:])
    ended = [alert for one in steady.writes(60, 1.0) for alert in one.resolved]
    assert [one.alert_id for one in ended] == [alert.alert_id]


def test_it_becomes_graver_as_it_goes_on_and_its_evidence_ends_with_it(steady):
    (alert,) = [alert for one in steady.writes(60, 3.6) for alert in one.raised]
    (incident,) = steady.detector._users.cases[0].incidents.values()
    assert (alert.severity, incident.severity) == (Severity.LOW, Severity.HIGH)
    assert steady.detector._users.climb[0] > DEFAULT.climb.high
    steady.now_us += 10 * MINUTE
    said = steady.detector.apply(10**6, steady.synthetic.quiet(steady.now_us))
    assert [(one.alert_id, one.severity) for one in said.resolved] == [(alert.alert_id, Severity.HIGH)]
    assert steady.detector._users.climb[0] == 0.0


def test_a_vector_that_ends_it_does_not_open_the_next(steady):
    steady.writes(60, 3.6)
    assert steady.detector._users.climb[0] > DEFAULT.climb.high
    number = steady.number
    steady.number += 1
    steady.now_us += 10 * MINUTE
    values = steady.synthetic.values(messages_per_minute=9.0, requests_per_user=90.0)
    vector = steady.synthetic.vector("u_a", steady.number, steady.now_us, values)
    said = steady.detector.apply(number + 1, steady.synthetic.batch([vector], steady.now_us - 11 * MINUTE))
    said = steady.detector.apply(number + 2, steady.synthetic.quiet(steady.now_us))
    assert said.raised == []
    assert steady.detector._users.climb[0] == 0.0


def test_without_a_population_it_is_not_looked_for(synthetic):
    steady = Steady(synthetic)
    steady.detector = PartitionDetector(synthetic.terms)
    steady.writes(300, 1.0)
    steady.writes(10, 2.4)
    assert not steady.detector._users.climb.any()


def test_the_evidence_outlives_a_restart(steady, synthetic):
    steady.writes(5, 2.4)
    before = steady.detector
    assert before._users.climb[0] > 0
    pieces = {shard: [piece.data] for shard, piece in before.dirty_shards(range(256)).items() if piece.data}
    again = PartitionDetector.restore(load_header(before.header()), pieces, synthetic.scorer())
    assert again._users.climb[0] == before._users.climb[0]
