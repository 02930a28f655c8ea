"""How much load comes: bounds that hold as often as they say on minutes that were not learned from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_training.load import DAY, Shape, examples, learn_load, look_at
from resonance_training.load_choice import PENALTIES, PENALTY, chosen, pinball
from resonance_training.needs import LOAD_MINUTES

pytestmark = pytest.mark.long

SHAPE = Shape(30, (5, 15, 30), (0.1, 0.5, 0.9))


def days(count: float, seed: int = 1) -> NDArray[np.float64]:
    """Messages and connections by minute: a daily cycle, a mood that wanders, and chance."""
    random = np.random.default_rng(seed)
    n = round(count * DAY)
    mood = np.zeros(n)
    for i in range(1, n):
        mood[i] = 0.98 * mood[i - 1] + random.normal(0, 0.05)
    cycle = 1.0 - 0.7 * np.cos(2 * np.pi * np.arange(n) / DAY)
    users = 60 * cycle * np.exp(mood / 2)
    return np.stack([random.poisson(users * 7 * np.exp(mood)), random.poisson(users)], axis=1).astype(np.float64)


def coverage(length: float, worlds: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares between both bounds and above the high one, (series, horizons), over days of which nothing was seen."""
    within, above = [], []
    for seed in range(worlds):
        load = days(length + 1.0, seed)
        known = round(length * DAY)
        model = learn_load(load[:known], 0, SHAPE).model
        history, minute, came = examples(load[known:], known, SHAPE)
        predicted = model.predict(history, minute)
        within.append(((came >= predicted[..., 0]) & (came <= predicted[..., 2])).mean(axis=0))
        above.append((came > predicted[..., 2]).mean(axis=0))
    return np.mean(within, axis=0), np.mean(above, axis=0)


@pytest.mark.long
def test_the_bounds_hold_as_often_as_they_say_on_a_day_of_which_nothing_was_seen() -> None:
    within, above = coverage(4.0, 3)
    assert within == pytest.approx(0.8, abs=0.08)
    assert above == pytest.approx(0.1, abs=0.08)


@pytest.mark.long
def test_after_one_day_the_bounds_are_rather_too_wide() -> None:
    within, above = coverage(1.0, 3)
    assert (within > 0.74).all() and (above < 0.16).all()


def test_it_knows_more_than_that_the_load_stays_as_it_is() -> None:
    load = days(6.0, 7)
    known = 5 * DAY
    model = learn_load(load[:known], 0, SHAPE).model
    history, minute, came = examples(load[known:], known, SHAPE)
    missed = np.abs(model.predict(history, minute)[..., 1] - came).mean(axis=0)
    stays = np.abs(history[:, -15:].mean(axis=1)[..., np.newaxis] - came).mean(axis=0)
    assert (missed < stays).all()


def test_bounds_are_in_order_and_nothing_is_below_zero() -> None:
    model = learn_load(days(0.5), 0, SHAPE).model
    random = np.random.default_rng(3)
    history = random.lognormal(0, 5, (500, 30, 2))
    predicted = model.predict(history, random.uniform(0, DAY, (500, 1)))
    assert np.isfinite(predicted).all() and (predicted >= 0).all() and (np.diff(predicted, axis=-1) >= 0).all()


def test_the_same_minutes_give_the_same_model_and_a_short_past_says_nothing_of_the_time_of_day() -> None:
    load = days(LOAD_MINUTES / DAY)
    one, other = (learn_load(load, 0, SHAPE).model for _ in range(2))
    history, minute, _ = examples(load, 0, SHAPE)
    assert (one.predict(history, minute) == other.predict(history, minute)).all()
    assert (one.predict(history, minute) == one.predict(history, minute + 600)).all()


def test_examples_are_what_was_known_and_what_came() -> None:
    load = np.stack([np.arange(100.0), np.arange(100.0) * 2], axis=1)
    history, minute, came = examples(load, DAY - 10, SHAPE)
    assert len(history) == len(minute) == len(came) == 100 - 30 - 30 + 1
    assert history[0, :, 0].tolist() == list(range(30))
    assert minute[0, 0] == (DAY - 10 + 29) % DAY
    assert came[0, :, 0].tolist() == [32.0, 64.0], "the mean of 30 to 34"
    assert look_at(history, minute).shape == (len(history), 2 * 4 + 4)


class Said:
    """A model that says the same of every row."""

    def __init__(self, raw: float) -> None:
        self._raw = raw

    def raw_of(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full((len(rows), 1, 1, 3), self._raw)


def test_another_penalty_is_chosen_only_where_it_is_clearly_better() -> None:
    rows, came = np.zeros((50, 1)), np.full((50, 1, 1), np.expm1(1.0))
    assert chosen(lambda penalty: Said(1.0 - 0.5 * (penalty != 1e-4)), rows, came, SHAPE.quantiles) == 1e-4
    assert chosen(lambda penalty: Said(0.5 + 0.001 * (penalty == 1e-4)), rows, came, SHAPE.quantiles) == PENALTY


def test_the_loss_is_least_at_the_quantiles_of_what_came() -> None:
    came = np.expm1(np.random.default_rng(1).normal(3.0, 0.5, (4_000, 1, 1)))
    rows = np.zeros((4_000, 1))
    losses = {level: pinball(Said(level), rows, came, (0.5, 0.5, 0.5)) for level in (2.5, 2.9, 3.0, 3.1, 3.5)}
    assert min(losses, key=lambda level: losses[level]) == 3.0


@pytest.mark.long
def test_it_is_said_how_good_the_choice_was_and_the_same_load_gives_the_same_choice() -> None:
    load = days(1.0, 3)
    one, again = learn_load(load, 0, SHAPE), learn_load(load, 0, SHAPE)
    assert one.penalty in PENALTIES
    assert (one.penalty, one.loss, one.usual_loss) == (again.penalty, again.loss, again.usual_loss)
    assert 0.0 < one.loss <= one.usual_loss
