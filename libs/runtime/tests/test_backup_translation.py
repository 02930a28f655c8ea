"""Offsets of a backup, which may have gaps, as those of topics whose records begin at 0."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resonance_runtime.backup.translation import Translation


@given(st.sets(st.integers(0, 60), max_size=40), st.integers(0, 70))
def test_an_offset_becomes_the_place_of_the_first_record_that_was_at_or_after_it(held: set[int], offset: int) -> None:
    translation = Translation()
    for one in sorted(held):
        translation.take(one)

    assert translation.of(offset) == sum(one < offset for one in held)
    assert translation.count == len(held)
