"""Learns how much load the next minutes bring, with an interval.

For each series, horizon and quantile a linear quantile regression (Koenker and Bassett 1978, "Regression Quantiles") of
how much more, on the scale log(1 + x), comes on average than came in the last quarter of an hour; on what came in the
last 1, 5, 15 and 30 minutes, and on the time of the day where at least two days were seen. The outer quantiles are
then moved so that they hold on minutes that were not learned from (Romano, Patterson and Candès 2019, "Conformalized
Quantile Regression", with a bound for each side; over blocks of time as in Barber et al. 2021, "Predictive
inference with the jackknife+").
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_training.load_choice import PENALTY, chosen, pinball
from resonance_training.quantile import QuantileRegression, fit_quantile

Floats = NDArray[np.float64]

MEANS: Final = (1, 5, 15, 30)
"""Minutes whose means are looked at; the third is what the load is compared with."""

BASE: Final = 2
HARMONICS: Final = (1, 2)
"""Times a day; a sine and a cosine of each."""

DAY: Final = 1440
DAYS_FOR_HARMONICS: Final = 2
MOST_ROWS: Final = 500
"""Rows that a regression learns from, evenly spread: it is a linear program, whose time grows with the square."""

BLOCKS: Final = 4
"""Parts of the past: each is predicted by models of the others."""

KNOWN: Final = 0.75
"""Share of the past that the model knows whose bounds are checked on the rest."""

FIRST: Final = 0.5
"""Share of the past by which models are chosen between on what follows it, up to KNOWN."""

LARGEST_EXPONENT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What is to be learned.

    Attributes:
        history: Minutes that a prediction is made from.
        horizons: Minutes ahead.
        quantiles: Three of them, ascending.
    """

    history: int
    horizons: tuple[int, ...]
    quantiles: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class LoadModel:
    """A model of the load.

    Attributes:
        regressions: By series, horizon and quantile, in this order: of how much more comes than came.
        shifts: What is added to each, on the scale log(1 + x), (series, horizons, quantiles).
    """

    shape: Shape
    regressions: tuple[QuantileRegression, ...]
    shifts: Floats

    def raw_of(self, rows: Floats) -> Floats:
        """On the scale log(1 + x), not put in order, (n, series, horizons, quantiles), of what `look_at` gave."""
        series = len(self.shifts)
        more = np.stack([one.predict(rows) for one in self.regressions], axis=1)
        more = more.reshape(len(rows), series, len(self.shape.horizons), len(self.shape.quantiles))
        base = rows[:, [len(MEANS) * s + BASE for s in range(series)]]
        return np.asarray(base[:, :, np.newaxis, np.newaxis] + more + self.shifts)

    def predict(self, history: Floats, minute: Floats) -> Floats:
        """Means per minute over each horizon, (n, series, horizons, quantiles).

        Args:
            history: Load of the last minutes, oldest first, (n, minutes, series).
            minute: Minute of the day of the newest, (n, 1).
        """
        low, middle, high = np.moveaxis(np.clip(self.raw_of(look_at(history, minute)), 0.0, LARGEST_EXPONENT), -1, 0)
        bounds: Floats = np.expm1(np.stack([np.minimum(low, middle), middle, np.maximum(high, middle)], axis=-1))
        return bounds


@dataclass(frozen=True, slots=True)
class Learned:
    """A model, and how often its bounds held.

    Attributes:
        model: Learned from all minutes.
        below, within: Share of unseen minutes below the low bound, and between both, (series, horizons), of a model
            that was learned in the same way from the minutes before them.
        width: Mean distance of both bounds over the mean load there, (series, horizons).
        tested: Number of unseen minutes.
        penalty: Of the regressions.
        loss, usual_loss: Pinball loss on unseen minutes, of the model that was chosen and of the usual one.
    """

    model: LoadModel
    below: Floats
    within: Floats
    width: Floats
    tested: int
    penalty: float
    loss: float
    usual_loss: float


def learn_load(load: Floats, first_minute: int, shape: Shape) -> Learned:
    """Learns from the load of consecutive minutes.

    Args:
        load: (minutes, series), at least `needs.LOAD_MINUTES`.
        first_minute: Minutes since the epoch at the first.
        shape: What is to be learned.
    """
    history, minute, came = examples(load, first_minute, shape)
    daily = len(load) >= DAYS_FOR_HARMONICS * DAY
    rows = look_at(history, minute)
    apart = max(shape.horizons)
    first, known = round(len(rows) * FIRST), round(len(rows) * KNOWN)
    between = slice(first + apart, known)
    penalty = chosen(
        lambda one: _unmoved(rows[:first], came[:first], shape, daily, one),
        rows[between],
        came[between],
        shape.quantiles,
    )
    unseen = slice(known + apart, None)
    tried = usual = _fit(rows[:known], came[:known], shape, daily, PENALTY)
    loss = usual_loss = pinball(usual, rows[unseen], came[unseen], shape.quantiles)
    if penalty != PENALTY:
        other = _fit(rows[:known], came[:known], shape, daily, penalty)
        other_loss = pinball(other, rows[unseen], came[unseen], shape.quantiles)
        # What was better in one part of the past by chance is not so in the next.
        tried, loss, penalty = (other, other_loss, penalty) if other_loss < usual_loss else (usual, usual_loss, PENALTY)
    predicted, happened = tried.predict(history[unseen], minute[unseen]), came[unseen]
    low, high = predicted[..., 0], predicted[..., -1]
    return Learned(
        _fit(rows, came, shape, daily, penalty),
        np.asarray((happened < low).mean(axis=0)),
        np.asarray(((happened >= low) & (happened <= high)).mean(axis=0)),
        np.asarray((high - low).mean(axis=0) / np.maximum(happened.mean(axis=0), 1e-9)),
        len(happened),
        penalty,
        loss,
        usual_loss,
    )


def examples(load: Floats, first_minute: int, shape: Shape) -> tuple[Floats, Floats, Floats]:
    """History (n, history, series), minute of the day (n, 1) and what came (n, series, horizons), by time."""
    last = len(load) - max(shape.horizons)
    ends = np.arange(shape.history, last + 1)
    history = np.stack([load[end - shape.history : end] for end in ends])
    sums = np.concatenate([np.zeros((1, load.shape[1])), np.cumsum(load, axis=0)])
    came = np.stack([(sums[ends + ahead] - sums[ends]) / ahead for ahead in shape.horizons], axis=-1)
    return history, ((first_minute + ends - 1) % DAY)[:, np.newaxis].astype(np.float64), came


def look_at(history: Floats, minute: Floats) -> Floats:
    """What the regressions see, (n, series * means + harmonics * 2)."""
    means = np.stack([history[:, -minutes:].mean(axis=1) for minutes in MEANS], axis=-1)
    angles = 2.0 * np.pi / DAY * minute * np.array(HARMONICS)
    return np.concatenate(
        [np.log1p(np.maximum(means, 0.0)).reshape(len(history), -1), np.sin(angles), np.cos(angles)], axis=1
    )


def _fit(rows: Floats, came: Floats, shape: Shape, daily: bool, penalty: float) -> LoadModel:
    """Learns from all examples, and moves the bounds by what models of the other blocks miss in each block."""
    missed = []
    edges = np.linspace(0, len(rows), BLOCKS + 1).astype(np.int64)
    apart = shape.history + max(shape.horizons)
    for start, end in pairwise(edges.tolist()):
        # Neighbours share minutes with the block.
        others = np.r_[0 : max(start - apart, 0), min(end + apart, len(rows)) : len(rows)]
        block = _unmoved(rows[others], came[others], shape, daily, penalty)
        missed.append(np.log1p(came[start:end])[..., np.newaxis] - block.raw_of(rows[start:end]))
    whole = _unmoved(rows, came, shape, daily, penalty)
    return LoadModel(shape, whole.regressions, _shifts(np.concatenate(missed), shape.quantiles))


def _unmoved(rows: Floats, came: Floats, shape: Shape, daily: bool, penalty: float) -> LoadModel:
    some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(np.int64))
    seen = rows[some]
    if not daily:
        seen[:, -2 * len(HARMONICS) :] = 0.0
    regressions = []
    for series in range(came.shape[1]):
        base = seen[:, len(MEANS) * series + BASE]
        for ahead in range(len(shape.horizons)):
            more = np.log1p(came[some, series, ahead]) - base
            regressions += [fit_quantile(seen, more, q, penalty) for q in shape.quantiles]
    return LoadModel(shape, tuple(regressions), np.zeros((came.shape[1], len(shape.horizons), 3)))


def _shifts(missed: Floats, quantiles: tuple[float, float, float]) -> Floats:
    """What moves the outer quantiles to where they hold; the middle one stays."""
    n = len(missed)
    shifts = np.zeros(missed.shape[1:])
    low, _, high = quantiles
    ordered = np.sort(missed, axis=0)
    shifts[..., 0] = ordered[max(int(np.floor((n + 1) * low)) - 1, 0), ..., 0]
    shifts[..., -1] = ordered[min(int(np.ceil((n + 1) * high)) - 1, n - 1), ..., -1]
    return shifts
