"""Blocks: who counts in them, when they are over, and that they are the same however they were read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_training.drift.blocks import LEAST_USERS, SLOTS, Block, BlockLog, InvalidBlocks, pack, unpack

Floats = NDArray[np.float64]

HOUR_US = 3_600_000_000
SLOT_US = HOUR_US // SLOTS
WIDTH = 3


def same(values: Floats) -> Floats:
    return values


def log_of(keep: int = 100, scale: Callable[[Floats], Floats] = same) -> BlockLog:
    return BlockLog(WIDTH, HOUR_US, keep, scale)


def crowd(hours: int, users: int = 8, seed: int = 0) -> tuple[list[str], list[int], Floats]:
    """A vector of every user every minute or so, in order of time."""
    random = np.random.default_rng(seed)
    ends = np.sort(random.integers(0, hours * HOUR_US, hours * 60 * users))
    names = [f"u{i}" for i in random.integers(0, users, len(ends))]
    return names, ends.tolist(), random.standard_normal((len(ends), WIDTH))


def add(log: BlockLog, users: list[str], ends: list[int], values: Floats, some: NDArray[np.intp]) -> None:
    log.add([users[i] for i in some], [ends[i] for i in some], values[some])


def test_a_block_holds_mean_and_covariance_of_what_was_drawn() -> None:
    """One vector of each user in each slot: nothing to draw."""
    random = np.random.default_rng(1)
    values = random.standard_normal((5 * SLOTS * LEAST_USERS, WIDTH)) @ random.standard_normal((WIDTH, WIDTH))
    slots, users = np.divmod(np.arange(len(values)), LEAST_USERS)
    log = log_of()
    log.add([f"u{u}" for u in users], (slots * SLOT_US + users).tolist(), values)
    third = log.over()[0]
    inside = values[slots // SLOTS == 2]
    assert (third.number, third.users, third.vectors) == (2, LEAST_USERS, len(inside))
    np.testing.assert_allclose(third.mean, inside.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(third.covariance, np.cov(inside.T, bias=True), atol=1e-3)


def test_a_user_counts_once_in_a_slot_however_much_they_send() -> None:
    users, ends, values = crowd(6)
    log = log_of()
    log.add(users, ends, values)
    flood = np.arange(2 * HOUR_US, 5 * HOUR_US, HOUR_US // 1000)
    quiet = log.over()
    log = log_of()
    every = sorted([*zip(ends, users, values.tolist(), strict=True), *((int(t), "flood", [50.0] * 3) for t in flood)])
    log.add([u for _, u, _ in every], [t for t, _, _ in every], np.array([v for _, _, v in every]))
    for before, after in zip(quiet, log.over(), strict=True):
        assert after.vectors - before.vectors == (SLOTS if after.number < 5 else 0)
        assert after.users - before.users == (1 if after.number < 5 else 0)


def test_the_vector_of_a_slot_is_drawn_evenly() -> None:
    """Of ten vectors in a slot, valued 0 to 9: their mean is 4.5 and their variance 8.25."""
    log, slots = log_of(), np.arange(4 * SLOTS)
    for user in range(300):
        starts = slots * SLOT_US + user * 997
        ends = (starts[:, None] + np.arange(10) * 23_456_789).ravel()
        log.add([f"u{user}"] * len(ends), ends.tolist(), np.tile(np.arange(10.0)[:, None], (len(slots), WIDTH)))
    (block,) = log.over()
    assert block.vectors == 300 * SLOTS
    assert block.mean == pytest.approx(4.5, abs=0.2)
    assert block.covariance == pytest.approx(8.25, abs=0.5)


def test_the_same_in_any_order_of_partitions_and_however_often_it_is_read() -> None:
    users, ends, values = crowd(8)
    at_once, apart = log_of(), log_of()
    add(at_once, users, ends, values, np.arange(len(ends)))
    first = np.array([i for i, user in enumerate(users) if user < "u4"])
    second = np.setdiff1d(np.arange(len(ends)), first)
    add(apart, users, ends, values, second)
    for piece in np.array_split(first, 7):
        add(apart, users, ends, values, piece)
    for piece in np.array_split(first, 5)[-2:]:
        add(apart, users, ends, values, piece)
    assert at_once.over() != []
    assert pack(apart.over()) == pack(at_once.over())
    add(apart, users, ends, values, np.arange(len(ends)))
    assert pack(apart.over()) == pack(at_once.over())


def test_a_block_is_over_when_enough_people_are_in_a_later_one() -> None:
    log = log_of()
    log.add(*crowd(5))
    numbers = [block.number for block in log.over()]
    assert numbers == [2, 3]
    # Somebody whose clock is ahead ends nothing.
    for slot in range(3):
        log.add(["ahead"], [900 * HOUR_US + slot * SLOT_US], np.zeros((1, WIDTH)))
    assert [block.number for block in log.over()] == numbers


def test_what_comes_after_its_block_was_over_is_passed_over() -> None:
    log = log_of()
    log.add(*crowd(6))
    before = pack(log.over())
    for slot in range(5):
        log.add(["late"], [3 * HOUR_US + slot * SLOT_US], np.full((1, WIDTH), 9.0))
    assert pack(log.over()) == before


def test_who_is_erased_is_forgotten_with_what_was_not_counted_yet() -> None:
    log, ends = log_of(), [4 * HOUR_US + slot * SLOT_US for slot in range(3)]
    log.add(*crowd(4))
    log.add(["gone"] * 3, ends, np.full((3, WIDTH), 9.0))
    log.erase("gone")
    users, later, values = crowd(3)
    log.add(users, [end + 4 * HOUR_US for end in later], values)
    assert [block.vectors for block in log.over() if block.number == 4] == [8 * SLOTS + 2]
    assert "gone" not in log._users


def test_blocks_of_too_few_are_left_out_and_old_ones_are_forgotten() -> None:
    users, ends, values = crowd(30)
    alone = np.array(
        [user == "u0" or not 10 * HOUR_US <= end < 12 * HOUR_US for user, end in zip(users, ends, strict=True)]
    )
    log = log_of(keep=20)
    add(log, users, ends, values, np.flatnonzero(alone))
    numbers = [block.number for block in log.over()]
    assert numbers == [number for number in range(8, 29) if number not in (10, 11)]


def test_values_are_compared_on_the_scale_given() -> None:
    users, ends, values = crowd(5)
    log = log_of(scale=lambda rows: rows * 2.0 + 1.0)
    plain = log_of()
    log.add(users, ends, values)
    plain.add(users, ends, values)
    np.testing.assert_allclose(log.over()[0].mean, plain.over()[0].mean * 2.0 + 1.0, atol=2e-4)


def test_packed_blocks_are_the_same_to_the_bit() -> None:
    log = log_of()
    log.add(*crowd(6))
    blocks = log.over()
    again = unpack(pack(blocks), WIDTH)
    assert pack(again) == pack(blocks)
    for one, other in zip(again, blocks, strict=True):
        assert (one.number, one.users, one.vectors) == (other.number, other.users, other.vectors)
        assert one.products.tolist() == other.products.tolist()
    assert unpack(pack([]), WIDTH) == []


@pytest.mark.parametrize("text", ["no base64!", "bm90IGNvbXByZXNzZWQ=", ""])
def test_what_is_not_packed_blocks_is_said_to_be_none(text: str) -> None:
    with pytest.raises(InvalidBlocks, match=r"Expected packed blocks of 3 values, but they cannot be read"):
        unpack(text, WIDTH)


def test_packed_blocks_of_another_width_or_order_are_refused() -> None:
    log = log_of()
    log.add(*crowd(6))
    with pytest.raises(InvalidBlocks, match="cannot be read"):
        unpack(pack(log.over()), WIDTH + 1)
    with pytest.raises(InvalidBlocks, match="in order"):
        unpack(pack(log.over()[::-1]), WIDTH)
    nobody = Block(1, 0, 0, np.zeros(WIDTH, np.int64), np.zeros(6, np.int64))
    with pytest.raises(InvalidBlocks, match="users and vectors"):
        unpack(pack([nobody]), WIDTH)
