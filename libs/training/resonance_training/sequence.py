"""Learns what a user's next vector will be like from the vectors before it: a recurrent layer of 16 units.

    recent ─▶ standardised, within 8 spreads, 0 where there was none ─▶ LSTM ─▶ last hidden values ─▶ linear ─┐
    newest of recent, or the population's mean where there was none ──────────────────────────────────────────┴▶ +

What is learned is the change from the newest vector: windows slide, so most of a vector is in the one before it, and a
small layer need not carry that through. Without training it says "as before", which is what it is to be better than.

A user who has fewer vectors than there are steps has rows of NaN before the first. They are taken for the population's
mean, so nothing at all is known of a user of whom there is no vector, and their next one is expected to be ordinary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resonance_training.adam import Adam
from resonance_training.lstm import Layer, backward, forward
from resonance_training.rows import BadRows, checked
from resonance_training.threads import on_one_thread

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]

HIDDEN: Final = 16
LEAST_SEQUENCES: Final = 50
BATCH: Final = 256
UPDATES: Final = 1_000
MOST_EPOCHS: Final = 60
"""Few sequences are not seen more often than this: they would be learned by heart."""

TELL_EVERY: Final = 20
"""Updates."""

STEP: Final = 0.01
FARTHEST: Final = 8.0
"""Spreads from the mean beyond which the layer sees no difference: nothing else bounds what a stranger does to it."""

LEAST_SPREAD: Final = 0.05
LEAST_CHANGE: Final = 0.02
"""Least spreads of a feature that changes at all, on its scale of comparison."""

FLAT: Final = 1e-9
KNEE: Final = 5.0
"""Spreads of change from which errors count as their size and no more as its square."""

SHARES: Final = ((0.68, 0.9945), (0.95, 1.9600), (0.99, 2.5758))
"""Shares of errors, and within how many standard deviations the normal distribution has them."""


@dataclass(frozen=True, slots=True)
class SequenceWeights:
    """What was learned, as float32 arrays.

    Attributes:
        mean, spread: Of the vectors learned from, (width,); spread is 0 where a feature never changed, which then has
            no part in anything and is expected to stay as it is.
        kernel: From standardised values to gates, (width, 4 * HIDDEN), in the order input, output, forget, cell.
        recurrent: From the hidden values before to gates, (HIDDEN, 4 * HIDDEN).
        bias: Of the gates, (4 * HIDDEN,).
        readout: From the last hidden values to the expected change, (HIDDEN, width).
        drift: Expected change where the hidden values are 0, (width,).
        residual_spread: Spread of what came around what was expected, of users not learned from, (width,), above 0.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    kernel: NDArray[np.float32]
    recurrent: NDArray[np.float32]
    bias: NDArray[np.float32]
    readout: NDArray[np.float32]
    drift: NDArray[np.float32]
    residual_spread: NDArray[np.float32]


def train_sequence(recent: ArrayLike, target: ArrayLike, held: ArrayLike, seed: int = 0) -> SequenceWeights:
    """The weights alone; otherwise as `learn_sequence`."""
    return learn_sequence(recent, target, held, seed)[0]


@on_one_thread
def learn_sequence(
    recent: ArrayLike, target: ArrayLike, held: ArrayLike, seed: int = 0, tell: Callable[[float], None] | None = None
) -> tuple[SequenceWeights, Floats]:
    """Learns to predict. The same arrays and seed give the same on the same machine; a few seconds on one core.

    Args:
        recent: The vectors before, oldest first, on the scales of comparison, (n, steps, width); rows of NaN where
            there was none.
        target: The vectors that came, (n, width).
        held: Which sequences are not learned from but tell the residual spread, (n,): those of whole users. Where
            there are none, those learned from tell it, and it is a little too small.
        seed: Of first weights and of the order of the sequences.
        tell: Told now and then which share of the work is done; what it raises ends it.

    Returns:
        What was learned, and by how much what came exceeds what was expected of those that tell the residual spread,
        (judges, width).

    Raises:
        BadRows: Other shapes, too few sequences to learn from, or a value that is not finite.
    """
    wanted = checked(target)
    given = _checked_recent(recent, wanted.shape)
    aside = np.asarray(held, dtype=np.bool_)
    learned = _checked_learned(aside, len(wanted))
    mean, spread = _standard(wanted[learned])
    inputs = _standardised(given[learned], mean, spread)
    change = wanted[learned] - _newest(given[learned], mean.astype(np.float64))
    layer, readout, drift = _fit(inputs, change, seed, tell or (lambda _: None))
    found = SequenceWeights(mean, spread, layer.kernel, layer.recurrent, layer.bias, readout, drift, np.ones_like(mean))
    judges = aside if aside.any() else learned
    errors = wanted[judges] - expected(found, given[judges])
    return replace(found, residual_spread=residual_spread(errors)), errors


@on_one_thread
def expected(weights: SequenceWeights, recent: ArrayLike) -> Floats:
    """The next vectors, (n, width), in double precision: the reference of every export.

    Args:
        weights: What was learned.
        recent: As `train_sequence` has it.

    Raises:
        BadRows: Another shape, or a value that is not finite in a row that is not all NaN.
    """
    given = _checked_recent(recent, (len(np.asarray(recent)), len(weights.mean)))
    layer = Layer(*(part.astype(np.float64) for part in (weights.kernel, weights.recurrent, weights.bias)))
    mean, spread = weights.mean.astype(np.float64), weights.spread.astype(np.float64)
    hidden = forward(layer, _standardised(given, mean, spread)).hidden[-1]
    found: Floats = _newest(given, mean) + hidden @ weights.readout + weights.drift
    return found


def residual_spread(errors: Floats) -> NDArray[np.float32]:
    """Spread of errors (n, width) by feature, (width,), at least LEAST_CHANGE.

    The least standard deviation of a normal distribution that holds 68 %, 95 % and 99 % of them as near as they are:
    many features seldom change, and errors of the one vector in a hundred that should have been flagged do not count.
    """
    sizes = np.abs(errors)
    spreads = [np.quantile(sizes, share, axis=0) / deviations for share, deviations in SHARES]
    found: NDArray[np.float32] = np.maximum(np.max(spreads, axis=0), LEAST_CHANGE).astype(np.float32)
    return found


def _fit(
    inputs: Array, change: Floats, seed: int, tell: Callable[[float], None]
) -> tuple[Layer, NDArray[np.float32], NDArray[np.float32]]:
    """Layer, readout and drift that predict `change`, (n, width), from `inputs`, (steps, n, width)."""
    rng = np.random.default_rng(seed)
    inputs = inputs.astype(np.float32)
    width = change.shape[1]
    # Errors of each feature are weighed by how much it usually changes, or the most restless would be all.
    unit = np.maximum(np.quantile(np.abs(change), SHARES[1][0], axis=0) / SHARES[1][1], LEAST_CHANGE)
    goal = (change / unit).astype(np.float32)
    layer = _first(rng, width)
    readout, drift = np.zeros((HIDDEN, width), dtype=np.float32), np.zeros(width, dtype=np.float32)
    parameters = (layer.kernel, layer.recurrent, layer.bias, readout, drift)
    batches = -(-len(goal) // BATCH)
    updates = min(UPDATES, MOST_EPOCHS * batches)
    adam = Adam(parameters, STEP, updates)
    for done in range(updates):
        if done % TELL_EVERY == 0:
            tell(done / updates)
        if done % batches == 0:
            parts = np.array_split(rng.permutation(len(goal)), batches)
        some = parts[done % batches]
        adam.update(_gradients(layer, readout, drift, inputs[:, some], goal[some]))
    scale = unit.astype(np.float32)
    return layer, readout * scale, drift * scale


def _gradients(layer: Layer, readout: Array, drift: Array, inputs: Array, goal: Array) -> tuple[Array, ...]:
    """Of the mean over sequences of the pseudo-Huber loss, which is summed over features."""
    trace = forward(layer, inputs)
    hidden = trace.hidden[-1]
    error = hidden @ readout + drift - goal
    slope = error / np.sqrt(1.0 + (error / KNEE) ** 2) / len(goal)
    of_layer = backward(layer, inputs, trace, slope @ readout.T)
    return of_layer.kernel, of_layer.recurrent, of_layer.bias, hidden.T @ slope, slope.sum(axis=0)


def _first(rng: np.random.Generator, width: int) -> Layer:
    bias = np.zeros(4 * HIDDEN, dtype=np.float32)
    # Forget gates begin open (Jozefowicz et al. 2015, "An Empirical Exploration of Recurrent Network Architectures").
    bias[2 * HIDDEN : 3 * HIDDEN] = 1.0
    kernel, recurrent = (
        (rng.standard_normal((rows, 4 * HIDDEN)) / np.sqrt(rows)).astype(np.float32) for rows in (width, HIDDEN)
    )
    return Layer(kernel, recurrent, bias)


def _standard(vectors: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    spread = np.where(np.ptp(vectors, axis=0) > FLAT, np.maximum(vectors.std(axis=0), LEAST_SPREAD), 0.0)
    return vectors.mean(axis=0).astype(np.float32), spread.astype(np.float32)


def _standardised(recent: Floats, mean: Array, spread: Array) -> Array:
    """What the layer sees, time first."""
    per_spread = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0.0)
    values = np.clip((recent - mean) * per_spread, -FARTHEST, FARTHEST)
    return np.ascontiguousarray(np.nan_to_num(values, copy=False).transpose(1, 0, 2))


def _newest(recent: Floats, mean: Floats) -> Floats:
    newest = recent[:, -1]
    found: Floats = np.where(np.isnan(newest), mean, newest)
    return found


def _checked_recent(recent: ArrayLike, shape: tuple[int, ...]) -> Floats:
    found = np.asarray(recent, dtype=np.float64)
    n, width = shape
    if found.ndim != 3 or found.shape[0] != n or found.shape[1] == 0 or found.shape[2] != width:
        raise BadRows(f"Expected recent vectors of shape ({n}, steps, {width}), but got shape {found.shape}.")
    missing = np.asarray(np.isnan(found).all(axis=2))
    checked(found[~missing], width)
    if n and (missing[:, 1:] & ~missing[:, :-1]).any():
        raise BadRows("Rows of NaN must stand before a user's first vector, but one stands after it.")
    return found


def _checked_learned(held: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    if held.shape != (n,):
        raise BadRows(f"Expected to be told of each of {n} sequences whether it is held, but got shape {held.shape}.")
    if (learned := n - int(held.sum())) < LEAST_SEQUENCES:
        raise BadRows(f"Expected at least {LEAST_SEQUENCES} sequences to learn from, but got {learned}.")
    return ~held
