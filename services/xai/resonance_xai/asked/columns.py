"""What is known of one column of a model's input."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURES, Change

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: Its name.
        lower, upper: Closed range of values that a suggestion may have.
        whole: Whether it has whole numbers only.
        change: Which way somebody can move it on purpose.
    """

    name: str
    lower: float = -inf
    upper: float = inf
    whole: bool = False
    change: Change = Change.EITHER


def catalogue_columns() -> tuple[Column, ...]:
    """The columns of the feature catalogue, in its order."""
    return tuple(Column(f.name, f.lower, f.upper, f.whole, f.change) for f in FEATURES)


def columns_of(names: Sequence[str], rows: Floats, immutable: Collection[str] = ()) -> tuple[Column, ...]:
    """Columns as ordinary rows, (n, width), show them: their range, and whether they have whole numbers only."""
    if not len(rows):
        return tuple(Column(name, change=_change(name, immutable)) for name in names)
    return tuple(
        Column(
            name,
            float(values.min()),
            float(values.max()),
            bool((values == np.round(values)).all()),
            _change(name, immutable),
        )
        for name, values in zip(names, rows.T, strict=True)
    )


def _change(name: str, immutable: Collection[str]) -> Change:
    return Change.NONE if name in immutable else Change.EITHER
