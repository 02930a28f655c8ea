"""Some hours of the simulator's people, as the retrainer gathers them."""

from __future__ import annotations

import numpy as np

from resonance_auto_retrainer.gathering import vectors_of
from resonance_auto_retrainer.window import TrainingSet, VectorWindow
from resonance_client.simulation.plan import Scenario, make_plan
from resonance_contracts.features import WIDTH
from tests.bench.offline.watch import Extractor
from tests.support.resampled import some_rows


def simulated_people(seed: int = 7, every: int = 5) -> TrainingSet:
    """One vector in so many of 87 people before anything happens, about 3,200 with one in five."""
    window = VectorWindow(50_000, WIDTH)
    for batch in Extractor().vectors(make_plan(Scenario(seed=seed)).learning.actions):
        if batch.vector_id:
            window.add(vectors_of(batch))
    found = window.training_set()
    return some_rows(found, np.arange(0, len(found.values), every))
