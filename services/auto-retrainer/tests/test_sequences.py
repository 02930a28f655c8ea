"""Sequences out of the window: those of one user, stream and sitting, in order, without what was flagged."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_auto_retrainer.sequences import Sequences, sequences_of
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import WIDTH
from resonance_modeling.scales import to_scale
from resonance_modeling.sequences import BREAK_US, STEPS

SECOND_US = 1_000_000


def told(rows: list[tuple[str, str, int, bool]]) -> Sequences:
    """Sequences of vectors, each of a stream, a user, an end and flagged or not; values say the number of the row."""
    window = VectorWindow(1_000, WIDTH)
    for i in np.random.default_rng(len(rows)).permutation(len(rows)).tolist():
        stream, user, end_us, flagged = rows[i]
        window.add(Vectors(stream, [f"v{i:04d}"], [user], [end_us], np.full((1, WIDTH), i / 1_000)))
        if flagged:
            window.flag([(end_us, f"v{i:04d}")])
    return sequences_of(window.training_set())


def numbers(sequences: Sequences) -> dict[int, list[int]]:
    """By the number of each target, those of the vectors before it."""
    recent, target = (np.round(np.expm1(part[..., 0]) * 1_000) for part in (sequences.recent, sequences.target))
    return {int(t): [int(r) for r in row[~np.isnan(row)]] for row, t in zip(recent, target, strict=True)}


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["live", "replay:x"]),
            st.sampled_from("ab"),
            st.sampled_from([SECOND_US, BREAK_US, BREAK_US + 1]),
            st.booleans(),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_they_are_what_the_predictor_would_have_seen(steps):
    rows, at = [], defaultdict(int)
    for stream, user, step, flagged in [*steps, ("live", "c", 1, False)]:
        at[stream, user] += step
        rows.append((stream, user, at[stream, user], flagged))
    expected, recent = {}, defaultdict(list)
    newest = {}
    for i, (stream, user, end_us, flagged) in enumerate(rows):
        if end_us - newest.get((stream, user), end_us) > BREAK_US:
            recent[stream, user].clear()
        newest[stream, user] = end_us
        if flagged:
            continue
        if recent[stream, user]:
            expected[i] = recent[stream, user][-STEPS:]
        recent[stream, user].append(i)
    assert numbers(told(rows)) == expected


def test_vectors_are_on_the_scales_of_comparison_and_missing_ones_are_nan():
    found = told([("live", "a", i * SECOND_US, False) for i in range(3)])
    assert found.recent.shape == (2, STEPS, WIDTH)
    assert found.recent.dtype == np.float32
    scaled = to_scale(np.repeat(np.arange(3)[:, np.newaxis] / 1_000, WIDTH, axis=1))
    assert np.array_equal(found.target, scaled[1:])
    assert np.array_equal(found.recent[1, -2:], scaled[:2].astype(np.float32))
    assert np.isnan(found.recent[1, :-2]).all()


def test_each_says_which_vector_came():
    window = VectorWindow(1_000, WIDTH)
    for i in range(9):
        window.add(Vectors("live", [f"v{i}"], ["abc"[i % 3]], [i * SECOND_US], np.full((1, WIDTH), i / 1_000)))
    data = window.training_set()
    found = sequences_of(data)
    assert np.array_equal(to_scale(data.values)[found.places], found.target)
    assert sorted(found.places.tolist()) == list(range(3, 9))


def test_more_than_are_wanted_are_thinned_evenly():
    window = VectorWindow(1_000, WIDTH)
    for i in range(500):
        window.add(Vectors("live", [f"v{i:04d}"], ["a"], [i * SECOND_US], np.full((1, WIDTH), i / 1_000)))
    found = numbers(sequences_of(window.training_set()).thinned(np.ones(500, dtype=np.bool_), 100))
    assert len(found) == 100
    assert max(np.diff(sorted(found))) <= 6
    assert all(before == list(range(max(0, t - STEPS), t)) for t, before in found.items())


def test_without_any_there_are_none():
    found = told([("live", user, 0, False) for user in "abc"])
    assert (found.recent.shape, found.target.shape) == ((0, STEPS, WIDTH), (0, WIDTH))
