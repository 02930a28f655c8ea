"""What is explained: a function from rows to one number, and the ordinary rows that it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import Attributed
from resonance_xai.asked.columns import Column

Floats = NDArray[np.float64]
Rows = Callable[[Floats], Floats]
"""From rows (n, width) to rows, or to one number each."""

SMALLEST_SPREAD: Final = 1e-9
_TO_DEVIATIONS: Final = 1.4826
"""Median absolute deviations to standard deviations of a normal distribution."""


class Unit(StrEnum):
    """What the number is."""

    PROBABILITY = "probability"
    SCORE = "score"
    DEVIATIONS = "deviations"


def same(rows: Floats) -> Floats:
    """The rows as they are: a scale of comparison that changes nothing."""
    return rows


@dataclass(frozen=True)
class Subject:
    """One output of one version of a model.

    Attributes:
        name, version: Of the model; equal versions give equal numbers.
        output: What the number is called.
        unit: What it is.
        columns: Of its input.
        score: Numbers (n,) of rows (n, width), as they are served.
        ordinary: Rows that are ordinary, (n, width); may be none.
        reference: What explanations compare with, (width,): the medians of the ordinary rows.
        to_scale, from_scale: To the scale on which distances are measured, and back.
        missed: How far rows are from where a suggestion is to bring them, (n,), at most 0 where they are there. None:
            into the range of what is ordinary.
        goal: What `missed` is about, in a word that narration knows; "" without it.
        exact: Attributions of a row against another from all coalitions, without scoring a row for each; None, or
            gives None, where there is no such way.
        tail: Share of ordinary rows whose number is at least that high; None where that is not known.
        pairs: Places of columns of which the first is never above the second.
        unusual: Rows, as many as are given, (n, width), with something unusual in each; None where nothing is known of
            what would be.
        stretch, shrink: From the number to one of which differences matter alike everywhere, and back.
    """

    name: str
    version: str
    output: str
    unit: Unit
    columns: tuple[Column, ...]
    score: Rows
    ordinary: Floats
    reference: Floats
    to_scale: Rows = same
    from_scale: Rows = same
    missed: Rows | None = None
    goal: str = ""
    exact: Callable[[Floats, Floats], Attributed | None] | None = None
    tail: Callable[[float], float] | None = None
    pairs: tuple[tuple[int, int], ...] = ()
    unusual: Callable[[Floats, int], Floats] | None = None
    stretch: Rows = same
    shrink: Rows = same

    @cached_property
    def outputs(self) -> Floats:
        """Numbers of the ordinary rows, (n,)."""
        return self.score(self.ordinary) if len(self.ordinary) else np.zeros(0)

    @cached_property
    def spread(self) -> Floats:
        """Spread of each column of the ordinary rows, (width,), on the scale on which distances are measured."""
        return spread_of(self.to_scale(self.ordinary), len(self.columns))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.columns)


def spread_of(scaled: Floats, width: int) -> Floats:
    """Spread of each column, (width,), above 0: median absolute deviations, in standard deviations.

    A column that mostly has one value has no median deviation: its standard deviation counts then, and 1 for one that
    always has the same.
    """
    if not len(scaled):
        return np.ones(width)
    deviation = _TO_DEVIATIONS * np.median(np.abs(scaled - np.median(scaled, axis=0)), axis=0)
    deviation = np.where(deviation > SMALLEST_SPREAD, deviation, scaled.std(axis=0))
    return np.where(deviation > SMALLEST_SPREAD, deviation, 1.0)


def medians(rows: Floats, columns: Sequence[Column]) -> Floats:
    """The medians of rows, (width,); of a column of whole numbers, one of them."""
    middle = np.median(rows, axis=0)
    whole = np.array([column.whole for column in columns])
    return np.where(whole, np.floor(middle), middle)
