"""What must be so after a run, whatever happened in it."""

from __future__ import annotations

from tests.chaos.counted import (
    as_undisturbed,
    counted_exactly_once,
    every_vector_is_the_reference,
    last_vector_follows_from_the_plan,
    ordinals_have_no_gap,
)
from tests.chaos.evidence import Evidence
from tests.chaos.outcome import Outcome
from tests.chaos.stored import acknowledged_is_stored, no_dead_letters, nothing_else_is_stored, repeats_are_the_same


def check(evidence: Evidence, seed: int, sample: int) -> list[Outcome]:
    """All checks; the reference is computed for every vector of `sample` users."""
    known = evidence.lives()
    return [
        acknowledged_is_stored(evidence),
        nothing_else_is_stored(evidence),
        repeats_are_the_same(evidence),
        counted_exactly_once(evidence, known),
        ordinals_have_no_gap(evidence),
        as_undisturbed(evidence),
        every_vector_is_the_reference(evidence, known, seed, sample),
        last_vector_follows_from_the_plan(evidence),
        no_dead_letters(evidence),
    ]
