"""The benchmark `drift`, small."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_contracts.features import WIDTH
from tests.bench.benchmark import Surroundings
from tests.bench.drift import benchmark
from tests.bench.drift.shifts import hours_until_seen, onset, shifted, shuffled
from tests.bench.drift.streams import HOUR_US, Made, Piece, log


@pytest.mark.long
def test_a_trial_goes_through_all_of_it() -> None:
    measured = benchmark.run(Surroundings(None, None, lambda _: None, trial=True))
    assert set(measured.values) == {figure.name for figure in benchmark.FIGURES}
    assert measured.values["hours_to_shift_2"].ours <= 12
    alarms, hours = measured.details["tables"]
    assert len(alarms["rows"]) == 7
    assert len(hours["rows"]) == WIDTH


def test_made_people_are_the_same_for_the_same_seed() -> None:
    one, again, other = (Made().blocks(2, seed) for seed in (1, 1, 2))
    assert [b.sums.tolist() for b in one] == [b.sums.tolist() for b in again] != [b.sums.tolist() for b in other]


def test_a_change_begins_where_it_is_said_to() -> None:
    random = np.random.default_rng(1)
    ends = [hour * HOUR_US + minute * 60_000_000 for hour in range(96) for minute in range(0, 60, 2)]
    rows = random.standard_normal((len(ends), WIDTH))
    rows[:, 1] += 2 * rows[:, 0]
    everybody = Piece([f"u{i % 10}" for i in range(len(ends))], ends, rows)
    blocks = log()
    blocks.add(everybody.users, everybody.ends_us, everybody.rows)
    first = [block for block in blocks.over() if block.number < 72]
    change = onset([everybody], first[:48], first[48:])
    assert (change.number, len(change.changed(shifted(0, 1.0)))) == (72, 23)
    watch = change.watch(benchmark.TERMS)
    assert hours_until_seen(watch, change.changed(lambda rows, _: rows), change.number) is None
    assert hours_until_seen(watch, change.changed(shifted(0, 2.0)), change.number) in range(3, 13)
    dealt = change.changed(shuffled(1))
    for block, before in zip(dealt, change.changed(lambda rows, _: rows), strict=True):
        assert abs(block.covariance[0, 1]) < abs(before.covariance[0, 1])
