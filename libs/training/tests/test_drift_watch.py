"""The watch as a whole, on people whose vectors resemble each other: alarms at the stated rate, changes found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_training.drift.blocks import Block, BlockLog, pack, unpack
from resonance_training.drift.watch import Change, Terms, Watch, What

Floats = NDArray[np.float64]
Edit = Callable[[Floats], Floats]

HOUR_US = 3_600_000_000
WIDTH = 3
PEOPLE = 40


def days_of(days: int, seed: int, edit: Edit | None = None, since: int = 0) -> list[Block]:
    """Blocks of people with habits of their own: four vectors of each in an hour, moods that last, a daily cycle.

    The second and third value are related. `edit` changes (vectors, WIDTH) from block `since` on.
    """
    random = np.random.default_rng(seed)
    log = BlockLog(WIDTH, HOUR_US, 10_000, lambda rows: rows)
    habits, mood = 0.7 * random.standard_normal((PEOPLE, WIDTH)), np.zeros((PEOPLE, WIDTH))
    for quarter in range(days * 96):
        mood = 0.8 * mood + 0.4 * random.standard_normal((PEOPLE, WIDTH))
        values = habits + mood + 0.3 * np.cos(2 * np.pi * quarter / 96)
        values[:, 2] += values[:, 1]
        if edit is not None and quarter // 4 >= since:
            values = edit(values)
        there = random.random(PEOPLE) < 0.6
        ends = quarter * (HOUR_US // 4) + np.arange(PEOPLE)
        log.add([f"u{i}" for i in np.flatnonzero(there)], ends[there].tolist(), values[there])
    return log.over()


def watched(blocks: list[Block], reference: int, terms: Terms | None = None) -> tuple[Watch, list[int]]:
    """A watch that judged all that came after block number `reference`, and the blocks at which there was drift."""
    watch = Watch([b for b in blocks if b.number < reference], WIDTH, HOUR_US, terms or Terms())
    drifted = []
    for block in blocks:
        if block.number >= reference:
            watch.judge(block)
            if any(change.drifted for change in watch.changes()):
                drifted.append(block.number)
    return watch, drifted


def likeliest(watch: Watch) -> Change:
    return max(watch.changes(), key=lambda change: change.evidence)


def test_false_alarms_are_no_more_often_than_stated() -> None:
    """A hundred days and more of several crowds at one a five days: a hundred and twenty would say 24, and so many."""
    alarms, terms = 0, Terms(alarms_per_day=0.2, least_effect=0.0)
    for seed in range(4):
        blocks = days_of(37, seed)
        watch = Watch(blocks[: 7 * 24], WIDTH, HOUR_US, terms)
        for block in blocks[7 * 24 :]:
            watch.judge(block)
            if any(change.evidence >= 1.0 for change in watch.changes()):
                alarms += 1
                watch.forget()
    assert 0 < alarms <= 24


@pytest.mark.parametrize(("size", "blocks"), [(0.5, 8), (1.0, 6), (-2.0, 5)])
def test_a_shift_is_found_and_told(size: float, blocks: int) -> None:
    since = 9 * 24
    watch, drifted = watched(days_of(11, 1, lambda rows: rows + size * np.array([0.97, 0.0, 0.0]), since), 7 * 24)
    assert since + 2 <= drifted[0] < since + blocks
    change = likeliest(watch)
    assert (change.what, change.features) == (What.LEVEL, (0,))
    assert change.low < size < change.high
    assert change.effect == pytest.approx(size, abs=0.3)
    assert abs(change.since_us - since * HOUR_US) <= 2 * HOUR_US


def test_a_wider_spread_is_found_where_the_mean_is_the_same() -> None:
    since = 9 * 24
    random = np.random.default_rng(2)

    def wider(rows: Floats) -> Floats:
        rows[:, 0] += 1.5 * random.standard_normal(len(rows))
        return rows

    watch, drifted = watched(days_of(11, 2, wider, since), 7 * 24)
    assert since + 2 <= drifted[0] < since + 6
    change = likeliest(watch)
    assert (change.what, change.features) == (What.SPREAD, (0,))
    assert change.effect == pytest.approx(np.log(np.hypot(0.97, 1.5) / 0.97), abs=0.15)


def test_a_relation_that_ends_is_found_though_every_feature_alone_is_as_ever() -> None:
    since = 9 * 24
    random = np.random.default_rng(3)

    def shuffled(rows: Floats) -> Floats:
        rows[:, 2] = random.permutation(rows[:, 2])
        return rows

    watch, drifted = watched(days_of(11, 3, shuffled, since), 7 * 24)
    assert since + 2 <= drifted[0] < since + 6
    *alone, jointly = watch.changes()
    assert (jointly.what, jointly.features) == (What.RELATION, (1, 2))
    assert jointly.drifted
    assert jointly.effect < -0.5
    assert not any(change.drifted for change in alone)


def test_a_change_that_is_sure_and_small_is_no_drift() -> None:
    blocks = days_of(11, 4, lambda rows: rows + np.array([0.6, 0.0, 0.0]), 9 * 24)
    watch, drifted = watched(blocks, 7 * 24, Terms(least_effect=1.2))
    assert drifted == []
    assert watch.changes()[0].evidence >= 1.0
    assert not watch.changes()[0].matters
    assert watched(blocks, 7 * 24)[1] != []


def test_one_wild_hour_is_no_drift() -> None:
    blocks = days_of(11, 5)
    wild = days_of(11, 5, lambda rows: rows + 5.0)
    mixed = [wild[i] if block.number == 200 else block for i, block in enumerate(blocks)]
    assert watched(mixed, 7 * 24)[1] == []


def test_a_day_is_learned_before_anything_is_judged() -> None:
    blocks = days_of(4, 6, lambda rows: rows + 2.0, 12)
    watch = Watch(blocks[:3], WIDTH, HOUR_US, Terms())
    assert watch.lacks == 21
    for block in blocks[3:24]:
        watch.judge(block)
    assert (watch.lacks, watch.judged) == (0, 0)
    watch.judge(blocks[24])
    assert watch.judged == 1


def test_what_is_said_is_a_function_of_the_blocks() -> None:
    """A watch after a restart, from packed blocks, says the same to the bit."""
    blocks = days_of(12, 7, lambda rows: rows * 1.2, 9 * 24)
    first, again = watched(blocks, 7 * 24)[0], watched(unpack(pack(blocks), WIDTH), 7 * 24)[0]
    assert first.changes() == again.changes()
    assert (first.judged, first.last) == (again.judged, again.last)


def test_forgetting_begins_anew() -> None:
    blocks = days_of(11, 8, lambda rows: rows + 1.0, 9 * 24)
    watch, drifted = watched(blocks, 7 * 24)
    assert drifted
    watch.forget()
    assert all(change.evidence == 0.0 for change in watch.changes())
