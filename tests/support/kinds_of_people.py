"""Simulated people of several kinds, as the feature-extractor sees them, and the model that tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.behaviour_training import train_behaviour
from resonance_auto_retrainer.gathering import vectors_of
from resonance_auto_retrainer.window import TrainingSet, VectorWindow
from resonance_client.simulation.chance import seeded
from resonance_client.simulation.people import HOUR, Persona, ordinary, persona
from resonance_client.simulation.plan import START_S
from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_modeling.artifact import Artifact
from tests.bench.offline.watch import Extractor

Habit = Callable[[Persona], Persona]


def as_they_are(person: Persona) -> Persona:
    """Nothing changes."""
    return person


def talkative(person: Persona) -> Persona:
    """Four times as many messages at once, and shorter pauses."""
    return replace(person, gap_s=person.gap_s / 4, burst=person.burst * 4, pause_s=person.pause_s / 3)


def uploading(person: Persona) -> Persona:
    """Large messages, in one channel, with long pauses."""
    return replace(person, size=person.size * 12, pause_s=person.pause_s * 2.5, channels=person.channels[:1])


THREE: Final[tuple[tuple[Habit, float], ...]] = ((as_they_are, 0.6), (talkative, 0.25), (uploading, 0.15))


@dataclass(frozen=True, slots=True)
class Crowd:
    """What people did.

    Attributes:
        batches: Their vectors.
        kinds: Number of each user's kind, by user key.
    """

    batches: Sequence[VectorBatch]
    kinds: dict[str, int]

    def training_set(self) -> TrainingSet:
        """What the retrainer gathers of it."""
        window = VectorWindow(sum(len(batch.vector_id) for batch in self.batches), WIDTH)
        for batch in self.batches:
            if batch.vector_id:
                window.add(vectors_of(batch))
        return window.training_set()


def crowd(people: int, kinds: Sequence[tuple[Habit, float]] = THREE, seed: int = 1, hours: float = 3.0) -> Crowd:
    """Some hours of people.

    Args:
        people: How many.
        kinds: What is different about each kind, and its share.
        seed: The same one gives the same people.
        hours: Event time.
    """
    shares = [share for _, share in kinds]
    numbers = np.random.default_rng(seed).choice(len(kinds), people, p=shares).tolist()
    everybody = [kinds[kind][0](persona(seed, i)) for i, kind in enumerate(numbers)]
    actions = [
        action
        for i, person in enumerate(everybody)
        for action in ordinary(person, seeded(seed, "kinds", i), START_S, START_S + hours * HOUR)
    ]
    extractor = Extractor()
    batches = list(extractor.vectors(sorted(actions, key=lambda action: action.time_us)))
    keys = [extractor.gateway.user(person.user) for person in everybody]
    return Crowd(batches, dict(zip(keys, numbers, strict=True)))


def usual(people: Crowd) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What each user ordinarily does, (users, WIDTH), and their kind, (users,)."""
    rows: dict[str, list[NDArray[np.float64]]] = {}
    for batch in people.batches:
        for user, row in zip(batch.user_key, np.array(batch.values).reshape(-1, WIDTH), strict=True):
            rows.setdefault(user, []).append(row)
    known = {user: theirs for user, theirs in rows.items() if len(theirs) >= 20}
    return (
        np.stack([np.median(theirs, axis=0) for theirs in known.values()]),
        np.array([people.kinds[user] for user in known]),
    )


def behaviour_model(people: int = 150, seed: int = 1) -> Artifact:
    """A model of three kinds of people."""
    return train_behaviour(crowd(people, seed=seed).training_set(), {})
