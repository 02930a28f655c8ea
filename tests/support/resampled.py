"""Training sets that differ from another one in a known way: whom they are of, or which column is which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.window import TrainingSet
from resonance_contracts.features import WIDTH


def some_rows(data: TrainingSet, rows: NDArray[np.intp]) -> TrainingSet:
    """The vectors at these places."""
    return replace(
        data,
        values=data.values[rows],
        users=data.users[rows],
        sittings=data.sittings[rows],
        called=data.called[rows],
        weights=data.weights[rows],
    )


def redrawn(data: TrainingSet, seed: int) -> TrainingSet:
    """As many people, drawn with replacement; who is drawn twice is two people."""
    people = np.unique(data.users)
    drawn = np.random.default_rng(seed).choice(people, len(people))
    rows = [np.flatnonzero(data.users == one) for one in drawn]
    number = np.repeat(np.arange(len(drawn)), [len(some) for some in rows])
    found = some_rows(data, np.concatenate(rows))
    sittings = found.sittings + number * (int(data.sittings.max()) + 1)
    return replace(found, users=number.astype(np.uint64), sittings=sittings)


def exchanged(data: TrainingSet, one: int, other: int) -> TrainingSet:
    """With two columns in each other's place."""
    places = np.arange(WIDTH)
    places[[one, other]] = other, one
    return replace(data, values=data.values[:, places])
