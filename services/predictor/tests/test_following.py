"""Thresholds follow what a partition sees, hour by hour, and are the same after a crash."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resonance_predictor.detection import PartitionDetector
from resonance_predictor.keyed import DetectorState
from resonance_predictor.models import Models
from resonance_predictor.peaks import APART_US, NOTHING, Grounds
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.state import load_header
from resonance_predictor.thresholds import DEFAULT_BUDGET, ORDINARY, thresholds
from resonance_runtime import metrics
from resonance_runtime.health import Health
from resonance_runtime.keyed import Piece
from resonance_runtime.snapshots import Snapshot

SECOND = 1_000_000
HOUR_US = 3600 * SECOND
NOW = 10**15


class Partition:
    """A partition whose users are ordinary, and now and then restless: three vectors far from their normal."""

    def __init__(self, synthetic) -> None:
        self.synthetic = synthetic
        self.detector = PartitionDetector(synthetic.scored_terms)
        self.now_us, self.number = NOW, 0
        self.raised: list[str] = []

    def stays(self, *users: str, minutes: int) -> None:
        for _ in range(6 * minutes):
            self.sees(*users)

    def restless(self, *users: str) -> None:
        """What amounts to some evidence, and comes to nothing."""
        for _ in range(4):
            self.sees(*users, avg_message_size=1400.0)
        self.stays(*users, minutes=10)

    def attack(self, *users: str) -> None:
        """What amounts to an incident."""
        for _ in range(60):
            self.sees(*users, avg_message_size=9000.0)
        self.stays(*users, minutes=10)

    def sees(self, *users: str, **features: float) -> None:
        self.number += 1
        self.now_us += 10 * SECOND
        values = self.synthetic.values(**features)
        vectors = [self.synthetic.vector(user, self.number, self.now_us, values) for user in users]
        said = self.detector.apply(self.number, self.synthetic.batch(vectors))
        self.raised += [alert.kind for alert in said.raised]

    def passes(self, time_us: int) -> None:
        self.number += 1
        self.now_us += time_us
        self.detector.apply(self.number, self.synthetic.quiet(self.now_us))

    def crash(self) -> None:
        pieces: dict[int, Piece] = self.detector.dirty_shards(range(256))
        kept = {shard: [piece.data] for shard, piece in pieces.items() if piece.data}
        self.detector = PartitionDetector.restore(load_header(self.detector.header()), kept, self.detector.terms.scorer)

    @property
    def mark(self):
        return load_header(self.detector.header()).streams["live"]

    def count(self, grounds: Grounds = Grounds.DEVIATION) -> float:
        return self.mark.lately.peaks[grounds].count


@pytest.fixture
def partition(synthetic) -> Partition:
    """Two people who were there for five hours."""
    partition = Partition(synthetic)
    partition.stays("u_a", "u_b", minutes=300)
    assert partition.raised == []
    return partition


def test_evidence_that_comes_to_nothing_is_learned_from(partition):
    partition.restless("u_a")
    lately = partition.mark.lately.peaks[Grounds.DEVIATION]
    assert partition.raised == []
    assert lately.count == 1.0
    assert 0.0 < lately.excess < ORDINARY[Grounds.DEVIATION].width


def test_nobody_counts_twice_in_a_few_hours(partition):
    for _ in range(3):
        partition.restless("u_a")
    partition.restless("u_b")
    assert partition.count() == 2.0
    partition.passes(APART_US)
    partition.restless("u_a")
    assert partition.count() == 1.0, "of the time since the hour"


def test_what_amounts_to_an_incident_is_not_learned_from(partition):
    partition.attack("u_a")
    assert len(partition.raised) == 1
    assert partition.count() == 0.0


def test_thresholds_change_when_an_hour_is_over(partition):
    partition.passes(HOUR_US)
    before = thresholds(DEFAULT_BUDGET, partition.mark.learned)
    partition.restless("u_a", "u_b")
    assert thresholds(DEFAULT_BUDGET, partition.mark.learned) == before
    partition.passes(HOUR_US)
    mark = partition.mark
    assert mark.lately == NOTHING
    assert mark.learned.peaks[Grounds.DEVIATION].count == 2.0
    assert thresholds(DEFAULT_BUDGET, mark.learned).deviation.low > before.deviation.low


def test_a_user_of_the_last_day_is_a_user(partition):
    partition.passes(HOUR_US)
    learned = partition.mark.learned.user_days
    partition.passes(20 * HOUR_US)
    assert partition.mark.learned.user_days == pytest.approx(learned + 2 * 20 / 24, rel=0.02)
    partition.passes(4 * HOUR_US)
    assert partition.mark.learned.user_days == pytest.approx(learned + 2 * 20 / 24, rel=0.02), "a day ago"


def test_after_a_crash_they_are_the_same_and_stay_so(synthetic):
    undisturbed, crashing = Partition(synthetic), Partition(synthetic)
    for partition in (undisturbed, crashing):
        partition.stays("u_a", "u_b", minutes=300)
        for user in ("u_a", "u_a", "u_b"):
            partition.restless(user)
            if partition is crashing:
                partition.crash()
        partition.passes(HOUR_US)
        if partition is crashing:
            partition.crash()
        partition.passes(APART_US)
        partition.restless("u_a")
    assert crashing.detector.header() == undisturbed.detector.header()
    assert undisturbed.count() == 1.0
    assert undisturbed.mark.learned.peaks[Grounds.DEVIATION].count > 1.9


def test_another_budget_counts_from_the_next_record_on(synthetic):
    strict, loose = Partition(synthetic), Partition(synthetic)
    for partition, budget in ((strict, 0.1), (loose, 100.0)):
        partition.stays("u_a", minutes=300)
        partition.detector.activate(replace(partition.detector.terms, false_incidents=budget))
        partition.crash()
        assert load_header(partition.detector.header()).false_incidents == budget
        for _ in range(14):
            partition.sees("u_a", avg_message_size=1400.0)
    assert strict.raised == []
    assert len(loose.raised) == 1


def test_streams_are_learned_from_apart(partition):
    partition.restless("u_a")
    vectors = [partition.synthetic.vector("u_a", 1, NOW, partition.synthetic.values(), stream="replay:1")]
    partition.detector.apply(10**6, partition.synthetic.batch(vectors, stream="replay:1"))
    streams = load_header(partition.detector.header()).streams
    assert streams["replay:1"].lately == NOTHING != streams["live"].lately


async def test_a_partition_goes_by_the_budget_that_is_set_and_metrics_say_so():
    health = Health(30.0)
    state = DetectorState(Models(None, health), RulesFile(None, health), health, false_incidents=0.5)
    await state.open(0, None)
    assert state.wanted.false_incidents == 0.5
    assert not state.behind
    found = metrics.PREDICTOR_THRESHOLDS.labels(evidence="climb", severity="medium")._value.get()
    assert found == thresholds(0.5).climb.medium
    assert metrics.PREDICTOR_BUDGET._value.get() == 0.5


async def test_a_partition_that_goes_by_another_budget_is_behind():
    health = Health(30.0)
    models, rules = Models(None, health), RulesFile(None, health)
    before, after = (DetectorState(models, rules, health, false_incidents=budget) for budget in (0.5, 2.0))
    await before.open(0, None)
    dump = before.dump(0, ())
    await after.open(0, Snapshot(0, dump.header, {}))
    assert after.behind
    await after.activate(0)
    assert not after.behind
