"""Changes made to vectors, and when they are seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_training.drift.blocks import Block
from resonance_training.drift.watch import Terms, Watch
from tests.bench.drift.streams import HOUR_US, Piece, log

Floats = NDArray[np.float64]
Edit = Callable[[Floats, NDArray[np.int64]], Floats]
"""From rows on the scales of comparison and the blocks they are in to other rows."""


@dataclass(frozen=True, slots=True)
class Onset:
    """A stream in which something may change at a block.

    Attributes:
        reference: Blocks of the reference.
        before: Blocks between it and the change.
        after: Vectors from some hours before the change on.
        number: Block at which the change begins.
        spread: Standard deviation of each feature's vectors on its scale, before, (WIDTH,).
    """

    reference: Sequence[Block]
    before: Sequence[Block]
    after: Piece
    number: int
    spread: Floats

    def changed(self, edit: Edit) -> list[Block]:
        """The blocks from the change on, changed."""
        into, blocks = log(), np.array(self.after.ends_us) // HOUR_US
        rows, since = self.after.rows.copy(), blocks >= self.number
        rows[since] = edit(rows[since], blocks[since])
        into.add(self.after.users, self.after.ends_us, rows)
        return [block for block in into.over() if block.number >= self.number]

    def watch(self, terms: Terms) -> Watch:
        """A watch that has judged what was before the change."""
        watch = Watch(self.reference, WIDTH, HOUR_US, terms)
        for block in self.before:
            watch.judge(block)
        return watch


def onset(pieces: Sequence[Piece], reference: Sequence[Block], before: Sequence[Block]) -> Onset:
    """What may change after `before`, in a stream of which `pieces` are the end; they begin STARTING blocks before."""
    users = [user for piece in pieces for user in piece.users]
    ends = [end for piece in pieces for end in piece.ends_us]
    rows = np.concatenate([piece.rows for piece in pieces])
    number = before[-1].number + 1
    some = np.array(ends) < number * HOUR_US
    return Onset(reference, before, Piece(users, ends, rows), number, rows[some].std(axis=0))


def hours_until_seen(watch: Watch, blocks: Sequence[Block], number: int) -> int | None:
    """Blocks from the first changed one, number `number`, to that after which there is drift; None where there is none.

    The watch is as before afterwards.
    """
    trying = deepcopy(watch)
    for block in blocks:
        trying.judge(block)
        if any(change.drifted for change in trying.changes()):
            return block.number - number + 1
    return None


def shifted(feature: int, by: float) -> Edit:
    """One feature is higher by so much."""

    def edit(rows: Floats, _: NDArray[np.int64]) -> Floats:
        rows[:, feature] += by
        return rows

    return edit


def shuffled(feature: int) -> Edit:
    """The values of a feature are dealt anew within each hour: it is as ever, and goes with no other any more."""

    def edit(rows: Floats, blocks: NDArray[np.int64]) -> Floats:
        random = np.random.default_rng(feature)
        for number in np.unique(blocks):
            inside = np.flatnonzero(blocks == number)
            rows[inside, feature] = rows[random.permutation(inside), feature]
        return rows

    return edit
