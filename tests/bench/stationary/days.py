"""Days and nights of ordinary people, and what is raised of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from resonance_client.simulation.chance import seeded
from resonance_client.simulation.people import HOUR, ordinary, persona
from resonance_client.simulation.plan import START_S
from resonance_client.timeline import Action, merge
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.peaks import Learned
from resonance_predictor.rules import RuleBook
from resonance_predictor.state import load_header
from resonance_predictor.terms import Terms
from tests.bench.offline.model import trained
from tests.bench.offline.watch import Detector, Extractor

DAY_S: Final = 24 * HOUR
BEGIN_S: Final = START_S - 9 * HOUR
"""Midnight."""
SEED: Final = 2
"""Not that of `tails`, with which the tails of evidence were measured (`resonance_predictor.thresholds.ORDINARY`)."""

NEVER: Final = 1e-30
"""A budget by which no evidence is ever enough."""


@dataclass(frozen=True, slots=True)
class Raised:
    """One incident.

    Attributes:
        kind: Its kind.
        opened, ended: Its severity at opening, and in the end.
    """

    kind: str
    opened: int
    ended: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """Some people who live in one partition.

    Attributes:
        first: Number of the first.
        people: How many.
        days: How many days of theirs are watched, after the first one, of which a model learns.
        seed: Who they are.
    """

    first: int
    people: int
    days: int
    seed: int = SEED

    def vectors(self, days: int) -> Iterator[VectorBatch]:
        """Vectors of the first so many days; those of fewer days are the same as far as they go."""
        return Extractor().vectors(merge(self._lives(days)))

    def raised(self, terms: Sequence[Terms], model: Ensemble) -> list[list[Raised]]:
        """What is raised in the days that are watched, by each of some terms, with a model from the second day on."""
        watches = [_Watch(one, model) for one in terms]
        for batch in self.vectors(1 + self.days):
            for watch in watches:
                watch.see(batch)
        return [watch.raised() for watch in watches]

    def peaks(self, model: Ensemble) -> Learned:
        """What is learned of evidence that nothing is raised on, in the days that are watched."""
        watch = _Watch(Terms(RuleBook.default(), false_incidents=NEVER), model)
        for batch in self.vectors(1 + self.days):
            watch.see(batch)
        return watch.learned()

    def _lives(self, days: int) -> Iterator[list[Action]]:
        for number in range(self.first, self.first + self.people):
            person = persona(self.seed, number)
            chance = seeded(self.seed, "ordinary", person.user, "a")
            yield ordinary(person, chance, BEGIN_S, BEGIN_S + days * DAY_S)


class _Watch:
    """One detector, from the first day on."""

    def __init__(self, terms: Terms, model: Ensemble) -> None:
        self._detector = Detector(terms)
        self._model = model
        self._begin_us = round((BEGIN_S + DAY_S) * 1e6)
        self._opened: list[pb.Alert] = []
        self._ended: dict[str, int] = {}

    def see(self, batch: VectorBatch) -> None:
        """Takes a batch in, with the model if it is of the second day or later."""
        partition = self._detector.partition
        if partition.terms.scorer is None and batch.watermark_us >= self._begin_us:
            partition.activate(replace(partition.terms, scorer=self._model))
        for said in self._detector.watch([batch]):
            self._opened += [alert for alert in said.raised if alert.opened_us >= self._begin_us]
            self._ended |= {alert.alert_id: alert.severity for alert in said.resolved}

    def raised(self) -> list[Raised]:
        """What was raised; of an incident that is still open, the severity in the end is that at opening."""
        return [Raised(one.kind, one.severity, self._ended.get(one.alert_id, one.severity)) for one in self._opened]

    def learned(self) -> Learned:
        """What thresholds would follow from."""
        return load_header(self._detector.partition.header()).streams["live"].learned


def model_of(crowds: list[Crowd]) -> Ensemble:
    """The model of everybody's first day."""
    return trained([batch for crowd in crowds for batch in crowd.vectors(1)], [])
