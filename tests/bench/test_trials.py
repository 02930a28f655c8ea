"""The benchmark `trials`, small."""

from __future__ import annotations

import json

import numpy as np

from resonance_auto_retrainer.trials.stage import Stage
from tests.bench.benchmark import Surroundings
from tests.bench.trials import benchmark
from tests.bench.trials.simulation import Crowd, stage_of, trial


def test_a_trial_goes_through_all_of_it() -> None:
    measured = benchmark.run(Surroundings(None, None, lambda _: None, trial=True))
    assert set(measured.values) == {figure.name for figure in benchmark.FIGURES}
    assert measured.values["equals_taken_back"].ours <= 0.1
    assert measured.values["taken_back_10"].ours == 1.0
    whole, arms = measured.details["tables"]
    assert (len(whole["rows"]), len(arms["rows"])) == (8, 5)
    json.dumps([value.ours <= 1.0 for value in measured.values.values()])


def test_simulated_trials_are_the_same_for_the_same_seed() -> None:
    crowd = Crowd(people=200)
    one, again = (trial(crowd, 2.0, benchmark.TERMS, np.random.default_rng(3)) for _ in range(2))
    assert one == again


def test_what_is_far_worse_is_taken_back_in_every_stage() -> None:
    random = np.random.default_rng(4)
    for stage in (Stage.SHADOW, Stage.AB, Stage.BAKE):
        ended = stage_of(stage, Crowd(people=2000), 20.0, benchmark.TERMS, random)
        assert ended.taken_back
        assert ended.events < 100
