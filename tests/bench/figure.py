"""A figure of a benchmark: what it is, what it must reach, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Better(StrEnum):
    """Which way a figure gets better."""

    HIGHER = "higher"
    LOWER = "lower"


class Of(StrEnum):
    """What a bar is held against."""

    RATIO = "ratio"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must reach.

    Attributes:
        value: Times the peer where it is held against the ratio, else in the figure's unit.
        of: What it is held against.
    """

    value: float
    of: Of


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a benchmark.

    Attributes:
        name: Name in the results.
        unit: Unit of ours and of the peer's.
        about: What it says, a phrase without an end.
        better: Which way it gets better.
        bar: What it must reach, where something is demanded of it.
    """

    name: str
    unit: str
    about: str
    better: Better = Better.HIGHER
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What came out: ours, and the peer's where it ran."""

    ours: float
    peer: float | None = None


def ratio(figure: Figure, value: Value) -> float | None:
    """How many times better ours is than the peer's; None without a peer or with a zero."""
    if value.peer is None or value.peer <= 0 or value.ours <= 0:
        return None
    return value.ours / value.peer if figure.better is Better.HIGHER else value.peer / value.ours


def reached(figure: Figure, value: Value) -> bool | None:
    """Whether the bar is reached; None without a bar, or where it is one of the ratio and no peer ran."""
    if figure.bar is None:
        return None
    if figure.bar.of is Of.RATIO:
        times = ratio(figure, value)
        return None if times is None else times >= figure.bar.value
    if figure.better is Better.HIGHER:
        return value.ours >= figure.bar.value
    return value.ours <= figure.bar.value


def entry(figure: Figure, value: Value) -> dict[str, Any]:
    """The figure as it stands in a result."""
    times = ratio(figure, value)
    return {
        "unit": figure.unit,
        "ours": rounded(value.ours),
        "peer": None if value.peer is None else rounded(value.peer),
        "ratio": None if times is None else rounded(times),
        "bar": None if figure.bar is None else figure.bar.value,
        "reached": reached(figure, value),
        "about": figure.about,
        "better": figure.better.value,
        "bar_of": None if figure.bar is None else figure.bar.of.value,
    }


def rounded(number: float) -> float:
    """A number with four figures that count."""
    return float(f"{number:.4g}")
