"""The load that is expected: counted, predicted, in steps, and a term of limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_modeling.load import HISTORY
from resonance_predictor.inference.servable import Tensor
from resonance_predictor.limits.expected_load import LEAST_MINUTES, RETURN, STEPS, ExpectedLoad, step

MINUTE_US = 60_000_000
START_US = 1_800_000_000_000_000 - 1_800_000_000_000_000 % MINUTE_US


class Stays:
    """A model that says that the load stays as it was in the last five minutes."""

    name, version = "load_prediction", "1"
    inputs = (Tensor("history", "FP32", (-1, HISTORY, 2)),)
    outputs = (Tensor("messages", "FP32", (-1, 3, 3)),)

    def infer(self, inputs):
        assert inputs["history"].shape == (1, HISTORY, 2) and 0 <= inputs["minute"][0, 0] < 1440
        return {"messages": np.full((1, 3, 3), inputs["history"][0, -5:, 0].mean())}


class World:
    """Minutes that pass with some users who send as much each."""

    def __init__(self, synthetic, champion) -> None:
        self.synthetic, self.minute = synthetic, 0
        self.expected = ExpectedLoad(lambda: champion)

    def pass_minutes(self, minutes: int, users: int, stream: str = "live") -> float:
        for _ in range(minutes):
            at_us = START_US + self.minute * MINUTE_US
            self.minute += 1
            row = self.synthetic.values(messages_per_minute=6.0)
            self.expected.take(
                self.synthetic.batch(
                    [self.synthetic.vector(f"u_{n}", self.minute, at_us, row) for n in range(users)], stream=stream
                )
            )
            self.expected.look()
        return self.expected.load


def test_more_than_usual_is_expected_while_more_comes(synthetic):
    world = World(synthetic, Stays())
    assert world.pass_minutes(LEAST_MINUTES + 60, 10) == 1.0
    assert world.pass_minutes(8, 33) >= 2.0
    assert world.pass_minutes(20, 10) == 1.0


def test_nothing_is_expected_without_a_model_or_a_past_or_from_replays(synthetic):
    assert World(synthetic, None).pass_minutes(100, 5) == 1.0
    young = World(synthetic, Stays())
    young.pass_minutes(10, 1)
    assert young.pass_minutes(20, 50) == 1.0
    replayed = World(synthetic, Stays())
    replayed.pass_minutes(100, 5, "replay:x")
    assert replayed.pass_minutes(10, 50, "replay:x") == 1.0


@given(st.lists(st.floats(0, 10), min_size=1, max_size=30))
def test_steps_are_held_until_the_multiple_is_clearly_below(multiples):
    before = 1.0
    for multiple in multiples:
        after = step(multiple, before)
        assert after in STEPS
        if after < before:
            assert multiple < RETURN * before
        if after > before:
            assert multiple >= after
        before = after


@pytest.mark.parametrize(("multiple", "before", "after"), [(1.9, 2.0, 2.0), (1.7, 2.0, 1.5), (3.2, 1.0, 3.0)])
def test_a_step(multiple, before, after):
    assert step(multiple, before) == after
