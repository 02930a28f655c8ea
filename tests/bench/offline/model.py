"""A model as the auto-retrainer trains it and the predictor loads it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from resonance_auto_retrainer.gathering import vectors_of
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import VectorWindow
from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.ensemble import Ensemble

CAPACITY = 200_000
"""The retrainer's default: only the newest so many vectors are learned from."""


def trained(batches: Sequence[VectorBatch], flagged: Collection[tuple[int, str]]) -> Ensemble:
    """The model of these vectors.

    Args:
        batches: Vectors to learn from.
        flagged: End and id of those that counted into an incident: they are left out.
    """
    window = VectorWindow(CAPACITY, WIDTH)
    window.flag(flagged)
    for batch in batches:
        if batch.vector_id:
            window.add(vectors_of(batch))
    return Ensemble(EnsembleScorer(train(window.training_set(), {})))
