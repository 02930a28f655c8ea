"""One partition of feature-extractor and predictor, and what it says of some actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resonance_client.timeline import Action
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_feature_extractor.engine import PartitionEngine
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.messages import Outputs
from resonance_predictor.terms import Terms
from tests.bench.offline.gateway import Gateway


class Extractor:
    """From actions to vectors; `gateway` knows their users."""

    def __init__(self) -> None:
        self.gateway = Gateway()
        self._engine = PartitionEngine()

    def vectors(self, actions: Iterable[Action]) -> Iterator[VectorBatch]:
        """Batches of vectors that some actions give, which are in order of time."""
        for value in self.gateway.batches(actions):
            for record in self._engine.apply(value):
                yield VectorBatch.FromString(record)


class Detector:
    """From vectors to incidents."""

    def __init__(self, terms: Terms) -> None:
        self.partition = PartitionDetector(terms)

    def watch(self, batches: Iterable[VectorBatch]) -> Iterator[Outputs]:
        """What it says of each batch."""
        for batch in batches:
            yield self.partition.apply(self.partition.offset + 1, batch)
