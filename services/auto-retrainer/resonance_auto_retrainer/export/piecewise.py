"""Piecewise linear functions as a layer of clipped ramps: two matrix products for any number of them.

    f(x) = at + sum over ramps of slope · min(max(0, sign · (x - knot)), width)

A `Tail` rises from 0, so it is such a sum with one ramp between each two knots, and a last one that ends where surprise
is greatest. The graver of two tails, one to each side, is one too: from where they cross, the one that rises to the
right adds what it has above the crossing, and so does the other to the left; what they have there is added at the end.
No ramp takes back what another one added, so nothing large has to cancel in 32-bit sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.export.graph import Graph
from resonance_training.tail import Tail

Floats = NDArray[np.float64]

_HALVINGS: Final = 200


@dataclass(frozen=True, slots=True)
class Ramps:
    """A function of one column.

    Attributes:
        column: Which.
        at: The value that is added whatever x is.
        knots, signs, slopes, widths: Of each ramp, (k,): where it begins, in which direction it rises, how steeply,
            and over what distance.
    """

    column: int
    at: float
    knots: Floats
    signs: Floats
    slopes: Floats
    widths: Floats


def of_tail(tail: Tail, column: int) -> Ramps:
    """The tail of a column."""
    knots, slopes, widths = _rising(tail, float(tail.scores[0]))
    return Ramps(column, 0.0, knots, np.ones(len(knots)), slopes, widths)


def of_both(above: Tail, below: Tail, column: int) -> Ramps:
    """The graver of the tail of a column and that of its negative."""
    cross = _crossing(above, below)
    right, left = _rising(above, cross), _rising(below, -cross)
    return Ramps(
        column,
        float(max(above.surprise(cross), below.surprise(-cross))),
        np.concatenate([right[0], -left[0]]),
        np.concatenate([np.ones(len(right[0])), -np.ones(len(left[0]))]),
        np.concatenate([right[1], left[1]]),
        np.concatenate([right[2], left[2]]),
    )


def add_layer(graph: Graph, columns: str, functions: list[Ramps], name: str) -> str:
    """Adds one function of each of some columns (n, width); returns the name of their values, (n, width)."""
    at, slopes = np.array([one.at for one in functions]), np.concatenate([one.slopes for one in functions])
    owner = np.repeat(np.arange(len(functions)), [len(one.slopes) for one in functions])
    outward = np.where(owner[:, np.newaxis] == np.arange(len(functions)), slopes[:, np.newaxis], 0.0)
    return _add_ramps(graph, columns, functions, name, outward, at)


def add_sum(graph: Graph, columns: str, functions: list[Ramps], name: str) -> str:
    """Adds the sum of one function of each of some columns (n, width); returns the name of it, (n, 1)."""
    slopes = np.concatenate([one.slopes for one in functions])[:, np.newaxis]
    return _add_ramps(graph, columns, functions, name, slopes, np.array([sum(one.at for one in functions)]))


def _add_ramps(graph: Graph, columns: str, functions: list[Ramps], name: str, outward: Floats, at: Floats) -> str:
    width = len(functions)
    total = sum(len(one.knots) for one in functions)
    inward, bias = np.zeros((width, total)), np.zeros(total)
    place = 0
    for one in functions:
        here = slice(place, place + len(one.knots))
        inward[one.column, here] = one.signs
        bias[here] = -one.signs * one.knots
        place = here.stop
    weights = [graph.constant(f"{name}_signs", inward), graph.constant(f"{name}_knots", bias)]
    graph.node("Gemm", [columns, *weights], f"{name}_distances")
    graph.node("Relu", [f"{name}_distances"], f"{name}_beyond")
    widths = graph.constant(f"{name}_widths", np.concatenate([one.widths for one in functions]))
    graph.node("Min", [f"{name}_beyond", widths], f"{name}_ramps")
    back = [graph.constant(f"{name}_slopes", outward), graph.constant(f"{name}_at", at)]
    return graph.node("Gemm", [f"{name}_ramps", *back], name)


def _rising(tail: Tail, start: float) -> tuple[Floats, Floats, Floats]:
    """Knots, slopes and widths of `tail(x) - tail(start)` for x above start, level below."""
    steps = np.diff(tail.surprises) / np.diff(tail.scores)
    # Of each stretch: below the first knot, between each two, and beyond the last.
    steepness = np.concatenate([[0.0], steps, [1.0 / tail.scale]])
    first = int(np.searchsorted(tail.scores, start, side="right"))
    points = np.concatenate([[start], tail.scores[first:]])
    return points, steepness[first:], np.diff(np.concatenate([points, [max(tail.end, points[-1])]]))


def _crossing(above: Tail, below: Tail) -> float:
    """Where the tail to the right begins to be the graver; both are level or steeper, in opposite directions."""
    low = min(float(above.scores[0]), -float(below.scores[-1]))
    high = max(float(above.scores[-1]), -float(below.scores[0]))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if float(above.surprise(middle)) >= float(below.surprise(-middle)):
            high = middle
        else:
            low = middle
    return float(np.float32(high))
