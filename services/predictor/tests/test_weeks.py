"""What is usual of a user in a part of the week: what teaches it, how long it stays, and that it is kept to the bit."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_contracts.features import INDEX, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.state import load_header
from resonance_predictor.terms import Terms
from resonance_predictor.time_zones import DAY_US, PARTS, TimeZone, part_of_week
from resonance_predictor.weeks import GLANCE_MINUTES, HALF_LIFE_WEEKS, VOID_WEEKS, Weeks

SHARDS = range(256)
SLOTS = 5
USER = "u_a"
PACE = INDEX["messages_per_minute"]
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2027, 3, 15, tzinfo=BERLIN)
"""The clocks change after the second week."""


def slots(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.intp)


def lesson(weeks: Weeks, slot: int, part: int, value: float, minutes: float) -> None:
    """One part of one week of one slot."""
    where, now = slots(slot), np.array([part])
    weeks.turn(where, now)
    weeks.learn(where, np.full((1, WIDTH), value), np.array([minutes]), now)


lessons = st.lists(
    st.tuples(st.integers(0, SLOTS - 1), st.integers(1, 90), st.floats(-4, 9), st.floats(0.1, 60)), max_size=60
)


@settings(max_examples=100)
@given(lessons=lessons, asked=st.integers(0, PARTS - 1))
def test_it_is_the_mean_of_the_weeks_before_by_their_minutes_and_their_age(lessons, asked):
    weeks, told, now = Weeks(SLOTS), dict[int, list[tuple[int, float, float]]](), 0
    for slot, step, value, minutes in lessons:
        now += step
        lesson(weeks, slot, now, value, minutes)
        told.setdefault(slot, []).append((now, value, minutes))
    now += (asked - now) % PARTS + PARTS
    every = slots(*range(SLOTS))
    weeks.turn(every, np.full(SLOTS, now))
    for slot in range(SLOTS):
        known = [one for one in told.get(slot, []) if part_of_week(one[0]) == part_of_week(now)]
        known = [one for one in known if one[2] >= GLANCE_MINUTES]
        for at in range(1, len(known)):
            if known[at][0] - known[at - 1][0] > VOID_WEEKS * PARTS:
                known = known[at:]
                break
        worth = [2.0 ** ((part - known[-1][0]) / PARTS / HALF_LIFE_WEEKS) * minutes for part, _, minutes in known]
        found = weeks.usual(slot, now)
        enough = len(known) >= 2 and sum(worth) >= 10.0 and now - known[-1][0] <= VOID_WEEKS * PARTS
        if found is None:
            assert not enough or sum(worth) < 10.001
            continue
        mean = sum(w * value for w, (_, value, _) in zip(worth, known, strict=True)) / sum(worth)
        assert (found.part, found.weeks) == (now, len(known))
        assert found.minutes == pytest.approx(sum(worth), rel=1e-5)
        assert found.scaled == pytest.approx(np.full(WIDTH, mean), rel=1e-4, abs=1e-4)


@settings(max_examples=60)
@given(lessons=lessons, gone=st.sets(st.integers(0, SLOTS - 1)))
def test_what_is_saved_comes_back_to_the_bit_wherever_it_is_put(lessons, gone):
    weeks, now = Weeks(SLOTS), 0
    for slot, step, value, minutes in lessons:
        now += step
        lesson(weeks, slot, now, value, minutes)
    for slot in gone:
        weeks.clear(slot)
    again, every = Weeks(2), slots(*range(SLOTS))
    again.grow(2 * SLOTS)
    lesson(again, 7, 5, 1.0, 30.0)
    elsewhere = slots(8, 2, 7, 0, 5)
    assert again.load(elsewhere, weeks.dump(every, [])) == []
    later = now + (-now) % PARTS + PARTS
    for part in range(later, later + PARTS):
        for here, there in zip(every.tolist(), elsewhere.tolist(), strict=True):
            one, other = weeks.usual(here, part), again.usual(there, part)
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                assert np.array_equal(one.scaled, other.scaled)
                assert (one.minutes, one.weeks) == (other.minutes, other.weeks)


class Person:
    """Somebody who works on weekday mornings, at another pace on Tuesday evenings, and is away at weekends."""

    def __init__(self, synthetic, zone: str = "Europe/Berlin", **terms: object) -> None:
        self.synthetic = synthetic
        self.detector = PartitionDetector(Terms(synthetic.terms.rules, time_zone=TimeZone.of(zone), **terms))
        self.number = 0
        self.offset = 0
        self.shards: dict[int, list[bytes]] = {}

    def sit(self, begin: datetime, pace: float, minutes: int = 40) -> list[pb.Anomaly]:
        """A sitting, a vector every twenty seconds, in records of half an hour."""
        begin_us = round(begin.timestamp() * 1e6)
        vectors = []
        for at in range(0, minutes * 60, 20):
            self.number += 1
            values = self.synthetic.values(messages_per_minute=pace, requests_per_user=10 * pace)
            vectors.append(self.synthetic.vector(USER, self.number, begin_us + at * 10**6, values))
        return [anomaly for one in self.synthetic.batches(vectors, 90) for anomaly in self.apply(one)]

    def apply(self, batch) -> list[pb.Anomaly]:
        self.offset += 1
        return self.detector.apply(self.offset, batch).anomalies

    def week(self, number: int, *, watched: bool = False) -> None:
        """One week; the service hears of the time that passes at its weekend if it is watched."""
        for day in range(5):
            self.sit(MONDAY + timedelta(weeks=number, days=day, hours=9), 6.0)
            if day == 1:
                self.sit(MONDAY + timedelta(weeks=number, days=day, hours=18, minutes=10), 11.0)
        if watched:
            sunday = MONDAY + timedelta(weeks=number, days=6, hours=12)
            self.apply(self.synthetic.quiet(round(sunday.timestamp() * 1e6)))

    def flood(self, number: int, day: int, hour: int) -> pb.Anomaly:
        """The first anomaly of a flood."""
        when = MONDAY + timedelta(weeks=number, days=day, hours=hour, minutes=10)
        self.sit(when, 8.0, 2)
        return self.sit(when + timedelta(minutes=2), 400.0, 2)[0]

    def save(self) -> None:
        for shard, piece in self.detector.dirty_shards().items():
            before = [] if piece.whole else self.shards.get(shard, [])
            self.shards[shard] = [*before, *([piece.data] if piece.data else [])]

    def restart(self) -> None:
        self.save()
        self.detector = PartitionDetector.restore(load_header(self.detector.header()), self.shards, None)


def test_a_tuesday_evening_is_compared_with_tuesday_evenings_and_a_morning_with_mornings(synthetic):
    person = Person(synthetic)
    for week in range(3):
        person.week(week)
    person.sit(MONDAY + timedelta(weeks=3, hours=9), 6.0)
    evening = person.flood(3, 1, 18)
    assert evening.usual_then.when == pb.WeekPart(weekday=2, part=pb.DAY_PART_EVENING, time_zone="Europe/Berlin")
    assert evening.usual_then.values[PACE] == pytest.approx(11.0, rel=0.01)
    assert evening.usual_then.weeks == 3
    assert 60.0 < evening.usual_then.minutes < 120.0
    morning = person.flood(3, 2, 9)
    assert (morning.usual_then.when.weekday, morning.usual_then.when.part) == (3, pb.DAY_PART_MORNING)
    assert morning.usual_then.values[PACE] == pytest.approx(6.0, rel=0.01)
    assert not person.flood(3, 3, 19).HasField("usual_then")


@pytest.mark.parametrize("watched", [False, True])
def test_one_week_is_no_habit_and_two_are(synthetic, watched):
    person = Person(synthetic)
    person.week(0, watched=watched)
    assert person.detector.users() == (0 if watched else 1)
    person.sit(MONDAY + timedelta(weeks=1, hours=9), 6.0)
    assert not person.flood(1, 1, 18).HasField("usual_then")
    person = Person(synthetic)
    person.week(0, watched=watched)
    person.week(1, watched=watched)
    person.sit(MONDAY + timedelta(weeks=2, hours=9), 6.0)
    found = person.flood(2, 1, 18)
    assert found.usual_then.weeks == 2
    assert found.usual_then.values[PACE] == pytest.approx(11.0, rel=0.01)


def test_what_is_flagged_teaches_nothing(synthetic):
    person = Person(synthetic)
    for week in range(2):
        person.week(week)
    person.flood(2, 1, 18)
    person.sit(MONDAY + timedelta(weeks=2, days=1, hours=18, minutes=14), 400.0, 30)
    found = person.flood(3, 1, 18)
    assert found.usual_then.weeks == 2
    assert found.usual_then.values[PACE] == pytest.approx(11.0, rel=0.01)


def test_the_evening_itself_is_not_what_it_is_compared_with(synthetic):
    person = Person(synthetic)
    for week in range(2):
        person.week(week)
    person.sit(MONDAY + timedelta(weeks=2, hours=9), 6.0)
    person.sit(MONDAY + timedelta(weeks=2, days=1, hours=18, minutes=1), 9.0, 90)
    found = person.sit(MONDAY + timedelta(weeks=2, days=1, hours=20), 400.0, 2)[0]
    assert found.usual_then.weeks == 2
    assert found.usual_then.values[PACE] == pytest.approx(11.0, rel=0.01)


@pytest.mark.parametrize("watched", [False, True])
def test_after_restarts_everything_is_the_same_to_the_bit(synthetic, watched):
    """Of somebody who is there when it stops, and of somebody who is away."""
    undisturbed, person = Person(synthetic), Person(synthetic)
    for week in range(3):
        undisturbed.week(week, watched=watched)
        person.week(week, watched=watched)
        person.restart()
    assert person.flood(3, 0, 9) == undisturbed.flood(3, 0, 9)
    one, other = person.flood(3, 1, 18), undisturbed.flood(3, 1, 18)
    assert one.HasField("usual_then")
    assert one == other
    assert person.detector.dirty_shards(SHARDS) == undisturbed.detector.dirty_shards(SHARDS)


def test_who_is_erased_is_forgotten_there_or_away(synthetic):
    for watched in (False, True):
        person = Person(synthetic)
        for week in range(2):
            person.week(week, watched=watched)
        person.save()
        erasure = synthetic.batch([], watermark_us=0)
        erasure.erased.append(USER)
        erasure.erased_us.append(1)
        person.apply(erasure)
        users = person.detector._users
        assert len(users.weeks) == len(users.away) == 0
        person.restart()
        assert not any(USER.encode() in piece for pieces in person.shards.values() for piece in pieces)
        person.sit(MONDAY + timedelta(weeks=2, hours=9), 6.0)
        assert not person.flood(2, 1, 18).HasField("usual_then")


def test_who_is_away_for_longer_than_the_memory_is_forgotten(synthetic):
    person = Person(synthetic, weeks_us=8 * DAY_US)
    for week in range(2):
        person.week(week, watched=True)
    assert len(person.detector._users.away) == 1
    person.restart()
    late = MONDAY + timedelta(weeks=3)
    person.apply(synthetic.quiet(round(late.timestamp() * 1e6)))
    assert len(person.detector._users.away) == len(person.detector._users.weeks) == 0
    person.restart()
    assert len(person.detector._users.away) == len(person.detector._users.weeks) == 0


def test_with_no_memory_for_weeks_it_goes_with_the_rest(synthetic):
    person = Person(synthetic, weeks_us=0)
    for week in range(3):
        person.week(week)
    assert not person.flood(3, 1, 18).HasField("usual_then")


def test_in_another_time_zone_it_is_learned_anew(synthetic):
    person = Person(synthetic)
    for week in range(2):
        person.week(week, watched=week == 1)
    person.save()
    elsewhere = Terms(synthetic.terms.rules, time_zone=TimeZone.of("Asia/Tokyo"))
    assert person.detector.terms.differ(elsewhere)
    person.detector.activate(elsewhere)
    person.restart()
    assert person.detector.terms.time_zone.name == "Asia/Tokyo"
    assert len(person.detector._users.away) == len(person.detector._users.weeks) == 0


def test_state_from_before_there_were_weeks_is_read(synthetic):
    person = Person(synthetic, "UTC")
    person.week(0)
    header = msgspec.msgpack.decode(person.detector.header())
    del header["time_zone"], header["weeks_us"]
    shards = {}
    for shard, piece in person.detector.dirty_shards().items():
        document = msgspec.msgpack.decode(piece.data)
        del document["weeks"], document["away"]
        shards[shard] = [msgspec.msgpack.encode(document)]
    person.detector = PartitionDetector.restore(load_header(msgspec.msgpack.encode(header)), shards, None)
    assert person.detector.users() == 1
    for week in range(1, 3):
        person.week(week)
    assert person.flood(3, 1, 18).usual_then.weeks == 2
