"""Days and nights of ordinary people, and what is raised of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from resonance_client.simulation.chance import seeded
from resonance_client.simulation.people import HOUR, ordinary, persona
from resonance_client.simulation.plan import START_S
from resonance_client.timeline import Action, merge
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.terms import Terms
from tests.bench.offline.model import trained
from tests.bench.offline.watch import Detector, Extractor

DAY_S: Final = 24 * HOUR
BEGIN_S: Final = START_S - 9 * HOUR
"""Midnight."""
SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some people who live in one partition.

    Attributes:
        first: Number of the first.
        people: How many.
        days: How many days of theirs are watched, after the first one, of which a model learns.
    """

    first: int
    people: int
    days: int

    def vectors(self, days: int) -> Iterator[VectorBatch]:
        """Vectors of the first so many days; those of fewer days are the same as far as they go."""
        return Extractor().vectors(merge(self._lives(days)))

    def raised(self, terms: Terms, model: Ensemble) -> list[pb.Alert]:
        """What is raised in the days that are watched, by these terms and with a model from the second day on."""
        detector, alerts = Detector(terms), list[pb.Alert]()
        watched_us = round((BEGIN_S + DAY_S) * 1e6)
        for batch in self.vectors(1 + self.days):
            if detector.partition.terms.scorer is None and batch.watermark_us >= watched_us:
                detector.partition.activate(replace(terms, scorer=model))
            for said in detector.watch([batch]):
                alerts += [alert for alert in said.raised if alert.opened_us >= watched_us]
        return alerts

    def _lives(self, days: int) -> Iterator[list[Action]]:
        for number in range(self.first, self.first + self.people):
            person = persona(SEED, number)
            chance = seeded(SEED, "ordinary", person.user, "a")
            yield ordinary(person, chance, BEGIN_S, BEGIN_S + days * DAY_S)


def model_of(crowds: list[Crowd]) -> Ensemble:
    """The model of everybody's first day."""
    return trained([batch for crowd in crowds for batch in crowd.vectors(1)], [])
