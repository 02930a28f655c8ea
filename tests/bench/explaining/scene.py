"""What there is to explain: the anomalies of scenarios of the simulator, each under the model that found it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.loaded import Loaded
from resonance_auto_retrainer.gathering import vectors_of
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import VectorWindow
from resonance_client.simulation.kinds import ACCEPTED, Incident
from resonance_client.simulation.plan import Plan, Scenario, make_plan
from resonance_contracts.features import FEATURES, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_modeling.artifact import Artifact
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.rules import RuleBook
from resonance_predictor.terms import Terms
from resonance_xai.anomalies import expected_of
from tests.bench.offline.model import CAPACITY
from tests.bench.offline.watch import Detector, Extractor

Floats = NDArray[np.float64]

GROUP: Final = "unusual_"
"""Kinds of alert that are named after a group of features begin like this."""


@dataclass(frozen=True, slots=True)
class Found:
    """An anomaly, the model as it expected it, and the incident that it belongs to, if any was planted there."""

    anomaly: pb.Anomaly
    model: Loaded
    incident: Incident | None


@dataclass(frozen=True, slots=True)
class Scene:
    """One scenario.

    Attributes:
        found: Its anomalies that the model scored, in order.
        ordinary: Vectors that the model was learned from, in the features' units, (n, WIDTH).
        model: The model.
        artifact: The same as it is stored.
    """

    found: Sequence[Found]
    ordinary: Floats
    model: Loaded
    artifact: Artifact


def scene(seed: int) -> Scene:
    """What is found in the scenario with this seed."""
    return played(Scenario(seed=seed))


def played(scenario: Scenario) -> Scene:
    """Plays ordinary traffic, learns of it, then plays incidents and keeps what is found."""
    plan = make_plan(scenario)
    extractor, detector = Extractor(), Detector(Terms(RuleBook.default()))
    learned = list(extractor.vectors(plan.learning.actions))
    outputs = list(detector.watch(learned))
    window = VectorWindow(CAPACITY, WIDTH)
    window.flag([(anomaly.end_us, anomaly.vector_id) for said in outputs for anomaly in said.anomalies])
    for batch in learned:
        if batch.vector_id:
            window.add(vectors_of(batch))
    data = window.training_set()
    artifact = train(data, {})
    terms = replace(detector.partition.terms, scorer=Ensemble(EnsembleScorer(artifact)))
    detector.partition.activate(terms)
    model = Loaded(artifact)
    names = {extractor.gateway.user(person.user): person.user for person in plan.people}
    found = [
        Found(anomaly, model.expecting(expected_of(anomaly)), _incident(plan, names[anomaly.user_key], anomaly.end_us))
        for said in detector.watch(extractor.vectors(plan.incidents.actions))
        for anomaly in said.anomalies
    ]
    return Scene(found, data.values, model, artifact)


def culprits(kind: Incident) -> frozenset[str]:
    """Features of the groups that an alert of this incident may speak of."""
    return frozenset(feature.name for feature in FEATURES if f"{GROUP}{feature.group}" in ACCEPTED[kind])


def _incident(plan: Plan, user: str, end_us: int) -> Incident | None:
    for one in plan.incidents.planted:
        if one.user == user and one.start_us <= end_us <= one.end_us:
            return one.kind
    return None
