from __future__ import annotations

from itertools import groupby, pairwise
from operator import attrgetter
from statistics import median

import pytest

from resonance_client.simulation.chance import seeded
from resonance_client.simulation.names import user_name
from resonance_client.simulation.people import HOUR, ordinary, persona
from resonance_client.simulation.plan import START_S
from resonance_client.timeline import Action, Kind, merge, split

DAY = 24 * HOUR


def life(number: int, seed: int = 1, hours: float = 24) -> list[Action]:
    person = persona(seed, number)
    return ordinary(person, seeded(seed, "test", number), START_S, START_S + hours * HOUR)


def test_the_same_seed_gives_the_same_life_and_another_one_another() -> None:
    assert life(3) == life(3)
    assert life(3) != life(3, seed=2)
    assert life(3) != life(4)


@pytest.mark.parametrize("number", range(20))
def test_connections_open_before_and_close_after_their_frames(number: int) -> None:
    actions = life(number)
    assert actions == sorted(actions, key=attrgetter("time_us"))
    for _, group in groupby(actions, key=attrgetter("connection")):
        kinds = [action.kind for action in group]
        assert kinds[0] is Kind.CONNECT
        assert kinds[-1] is Kind.DISCONNECT
        assert {Kind.CONNECT, Kind.DISCONNECT}.isdisjoint(kinds[1:-1])
    assert all(START_S * 1e6 <= action.time_us <= (START_S + DAY) * 1e6 for action in actions)


def test_people_write_in_bursts_with_pauses_and_take_breaks() -> None:
    gaps = [
        (after.time_us - before.time_us) / 1e6
        for number in range(20)
        for before, after in pairwise(a for a in life(number) if a.kind is Kind.MESSAGE)
    ]
    assert 5 < median(gaps) < 20
    assert sum(gap > 60 for gap in gaps) > 0.05 * len(gaps)
    assert sum(gap > 600 for gap in gaps) > 20
    assert min(gaps) >= 0.5


def test_nobody_is_ordinary_near_the_fixed_rules() -> None:
    """100 messages a minute and half of the messages wrong are the rules; people stay far below."""
    for number in range(20):
        messages = [a for a in life(number) if a.kind in (Kind.MESSAGE, Kind.PUBLISH)]
        per_minute = [len([*group]) for _, group in groupby(messages, key=lambda a: a.time_us // 60_000_000)]
        assert max(per_minute) < 40
        wrong = [a for a in messages if a.error or a.channels[0].startswith("admin.")]
        assert len(wrong) < 0.05 * len(messages)


def test_people_are_online_more_at_their_hours() -> None:
    shares = []
    for number in range(20):
        peak = persona(1, number).peak_hour
        hours = [a.time_us / 1e6 / HOUR % 24 for a in life(number, hours=24 * 2) if a.kind is Kind.MESSAGE]
        away = [min(abs(hour - peak), 24 - abs(hour - peak)) for hour in hours]
        shares.append(sum(distance < 4 for distance in away) / len(away))
    assert sum(shares) / len(shares) > 0.4  # 8 of 24 hours are a third.


def test_tokens_are_exchanged_and_addresses_are_one_or_two() -> None:
    exchanged = 0
    for number in range(20):
        actions = life(number)
        exchanged += len({a.token for a in actions}) > 1
        assert 1 <= len({a.address for a in actions}) <= 2
        assert all(a.address.startswith(("198.18.", "198.19.")) for a in actions)
    assert exchanged == 20


def test_names_are_distinct() -> None:
    assert len({user_name(number) for number in range(2000)}) == 2000


def test_merging_keeps_time_and_splitting_loses_nothing() -> None:
    lives = [life(number) for number in range(5)]
    merged = merge(lives)
    assert merged == sorted(merged, key=attrgetter("time_us"))
    early, late = split(merged, merged[len(merged) // 2].time_us)
    assert early + late == merged
    assert early[-1].time_us < late[0].time_us
