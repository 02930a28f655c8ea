"""Parts of the week against the standard library's calendar, one instant at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_predictor.time_zones import PARTS, QUARTER_US, TimeZone, UnknownTimeZone, part_of_week, week_part

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones())


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def by_calendar(time_us: int, zone: str) -> tuple[int, int]:
    """Weekday and quarter of the day, as the standard library says them."""
    there = (EPOCH + timedelta(microseconds=time_us)).astimezone(ZoneInfo(zone))
    return there.isoweekday(), there.hour // 6 + 1


def parts(zone: str, *times_us: int) -> list[tuple[int, int]]:
    return [week_part(part) for part in TimeZone.of(zone).parts(np.array(times_us, dtype=np.int64)).tolist()]


@settings(max_examples=200)
@given(
    zone=st.sampled_from(ZONES),
    begin_s=st.integers(0, 2**31),
    steps_us=st.lists(st.integers(0, 3 * 10**11), min_size=1, max_size=30),
)
def test_it_is_the_part_of_the_week_that_a_calendar_says_in_every_zone(zone, begin_s, steps_us):
    times = (begin_s * 10**6 + np.cumsum(steps_us)).tolist()
    assert parts(zone, *times) == [by_calendar(time_us, zone) for time_us in times]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", datetime(2027, 3, 28, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 10, 31, tzinfo=UTC)),
        # Half an hour; at midnight; a whole day that there was not.
        ("Australia/Lord_Howe", datetime(2027, 4, 3, tzinfo=UTC)),
        ("America/Havana", datetime(2027, 11, 7, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 30, tzinfo=UTC)),
    ],
)
def test_days_on_which_clocks_change_are_right_to_the_second(zone, day):
    times = [us(day - timedelta(hours=12)) + second * 10**6 for second in range(0, 48 * 3600, 299)]
    edges = [
        time_us for time_us in times[:-1] if by_calendar(time_us, zone) != by_calendar(time_us + 299 * 10**6, zone)
    ]
    times += [edge + second * 10**6 for edge in edges for second in range(299)]
    assert parts(zone, *times) == [by_calendar(time_us, zone) for time_us in times]


def test_an_evening_in_berlin_is_one_in_winter_and_in_summer():
    winter, summer = datetime(2027, 3, 23, 17, 10, tzinfo=UTC), datetime(2027, 3, 30, 16, 10, tzinfo=UTC)
    assert parts("Europe/Berlin", us(winter), us(summer)) == [(2, 4), (2, 4)]
    assert parts("UTC", us(winter), us(summer)) == [(2, 3), (2, 3)]


def test_numbers_of_parts_follow_one_another_and_come_again_every_week():
    numbers = TimeZone.of("UTC").parts(np.arange(2 * PARTS, dtype=np.int64) * QUARTER_US).tolist()
    assert numbers == list(range(2 * PARTS))
    assert sorted(map(part_of_week, numbers[:PARTS])) == list(range(PARTS))
    assert [part_of_week(number) for number in numbers[:PARTS]] == [part_of_week(number) for number in numbers[PARTS:]]


def test_times_that_no_calendar_knows_are_taken_to_the_nearest_that_it_does():
    zone = TimeZone.of("Asia/Kathmandu")
    first, last = zone.parts(np.array([-(2**62), 2**62], dtype=np.int64)).tolist()
    assert first == zone.parts(np.array([0], dtype=np.int64))[0]
    assert 0 < last < 2**31
    assert len(zone.parts(np.empty(0, dtype=np.int64))) == 0


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../passwd", "/etc/passwd", "Europe", "x" * 5000])
def test_a_name_that_is_none_is_said(name):
    with pytest.raises(UnknownTimeZone, match="expected a name of the IANA database"):
        TimeZone.of(name)
